/// What is said on each new connection before any command: login, database, name, and a `PING` that a server still loading its data
/// answers with an error, so that commands wait for the data rather than fail.
struct Greeting: Equatable {
    enum Step: Equatable {
        case login
        case database
        case name
        case ready
    }

    private let steps: [Step]
    let commands: [RedisCommand]
    private var answered = 0

    init(_ configuration: RedisConfiguration) {
        var steps: [Step] = []
        var commands: [RedisCommand] = []
        if let password = configuration.password {
            steps.append(.login)
            let user = configuration.username.map { [RedisArgument.string($0)] } ?? []
            commands.append(RedisCommand("AUTH", arguments: user + [.string(password.revealed)]))
        }
        if configuration.database != 0 {
            steps.append(.database)
            commands.append(RedisCommand("SELECT", .integer(configuration.database)))
        }
        steps.append(.name)
        commands.append(RedisCommand("CLIENT", "SETNAME", .string(configuration.clientName)))
        steps.append(.ready)
        commands.append(RedisCommand("PING"))
        self.steps = steps
        self.commands = commands
    }

    enum Action: Equatable {
        case wait
        case ready
        case refused(RedisError)
    }

    /// Takes the next reply.
    mutating func received(_ reply: RedisValue) -> Action {
        guard answered < steps.count else { return .refused(RedisError(.protocol, "a reply came that nobody asked for")) }
        let step = steps[answered]
        answered += 1
        if case .error(let text) = reply {
            let error = RedisError(serverReply: text, command: commands[answered - 1].name)
            // A user whose rights leave out CLIENT or PING may work all the same: the name is for operators, and not being
            // permitted is answered only by a server that is ready.
            let isHarmless = error.serverPrefix == "NOPERM" && (step == .name || step == .ready)
            guard isHarmless else { return .refused(error) }
        }
        return answered == steps.count ? .ready : .wait
    }
}
