/// A stack as it lies on disk: the folder and what its state file says.
struct Site: Sendable {
    let folder: StackFolder
    let profile: Profile
    var state: StackState

    /// Makes the state, with new passwords, where there is none yet. It is on disk before any server has seen a password of it.
    init(creatingIn folder: StackFolder, profile: Profile) throws {
        self.folder = folder
        self.profile = profile
        if let state = try StackState.load(from: folder) {
            self.state = state
        } else {
            state = StackState(passwords: .generate())
            try state.save(to: folder)
        }
    }

    /// Nil when no stack was started here yet.
    init?(existingIn folder: StackFolder, profile: Profile) throws {
        guard let state = try StackState.load(from: folder) else { return nil }
        self.folder = folder
        self.profile = profile
        self.state = state
    }

    func server(_ server: Server) -> any PrivateServer {
        switch server {
        case .redis, .runLog: RedisServer(server: server, folder: folder, password: state.passwords.redis)
        case .postgres: PostgresServer(folder: folder, password: state.passwords.superuser, profile: profile)
        }
    }

    var running: Set<Server> {
        Set(Server.allCases.filter { server($0).running() != nil })
    }

    var endpoints: Endpoints {
        var pids: [Server: Int32] = [:]
        for name in Server.allCases { pids[name] = server(name).running()?.pid }
        return Endpoints(passwords: state.passwords, ports: state.ports, pids: pids)
    }
}

/// What it takes to start servers; stopping them takes none of it.
struct Tools: Sendable {
    let binaries: Binaries
    let account: Account

    /// Finds the programs, chooses the servers' user, and makes the folders that belong to it.
    init(for folder: StackFolder, search: SearchPath) async throws {
        binaries = try await Binaries.find(search)
        account = try await Account.choose(for: folder, path: search)
        try folder.prepare(for: account)
    }
}
