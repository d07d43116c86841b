#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The user that the servers run as: ourselves, or `postgres` when we are root (PostgreSQL refuses to run as root, and Redis
/// need not).
struct Account: Sendable {
    private let ids: (user: uid_t, group: gid_t)?
    /// What stands before a server's words to run it as this user.
    private let prefix: [String]

    static let name = "postgres"
    private static let traverse = ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]

    /// - Throws: `missingBinary`, or `cannotEnter` when the user has no way into `folder`.
    static func choose(for folder: StackFolder, path: SearchPath) async throws -> Account {
        guard geteuid() == 0 else { return Account(ids: nil, prefix: []) }
        guard let entry = getpwnam(name) else {
            throw LocalStackError(
                .missingBinary, "there is no user \(name) to run the servers as, and PostgreSQL does not run as root",
                remedy: "Install the server (\(Package.postgres)), or run this as an ordinary user.")
        }
        let ids = (user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
        guard let setpriv = path.find("setpriv") else {
            throw LocalStackError(
                .missingBinary, "setpriv is missing, by which root runs the servers as user \(name)",
                remedy: "Install util-linux, or run this as an ordinary user.")
        }
        let plain = Account(ids: ids, prefix: [setpriv, "--reuid", name, "--regid", name, "--init-groups"])
        // The right to pass through folders is given only where the servers cannot do without it, as under /root.
        let withTraversal = Account(ids: ids, prefix: plain.prefix + traverse)
        for account in [plain, withTraversal] where try await account.canEnter(folder) { return account }
        throw LocalStackError(
            .cannotEnter,
            "user \(name), whom the servers run as, cannot enter \(folder.path)\(closedFolder(above: folder).map { ": \($0) is closed to others" } ?? "")",
            remedy: "Open the way (chmod o+x on that folder), move the checkout (to /srv or /tmp, say), or run this as an ordinary user.")
    }

    /// `words`, to be run as this user.
    func words(_ words: [String]) -> [String] { prefix + words }

    /// Makes this user the owner of a file or folder.
    func own(_ path: String) throws {
        guard let ids else { return }
        guard lchown(path, ids.user, ids.group) == 0 else {
            throw StackFolder.unusable(path, "cannot give it to user \(Self.name): \(String(cString: strerror(errno)))")
        }
    }

    private func canEnter(_ folder: StackFolder) async throws -> Bool {
        let probe = Command(name: "setpriv", words: words(["/bin/sh", "-c", "cd \"$1\"", "sh", folder.path]), deadline: .seconds(10))
        return try await probe.run().status == 0
    }

    /// The outermost folder on the way that others may not pass through: the one to name in a message.
    private static func closedFolder(above folder: StackFolder) -> String? {
        let names = folder.path.split(separator: "/")
        return names.indices.lazy.map { "/" + names[...$0].joined(separator: "/") }.first { path in
            var information = stat()
            return stat(path, &information) == 0 && information.st_mode & mode_t(S_IXOTH) == 0
        }
    }
}
