/// Why private servers could not be started, used or stopped: what, which, why, and what to do about it.
package struct LocalStackError: Error, CustomStringConvertible, Equatable {
    /// What kind of fault it is, for callers that act on it.
    package struct Code: Sendable, Hashable {
        private enum Value: Sendable, Hashable {
            case missingBinary, portInUse, cannotEnter, serverFailed, commandFailed, deadline, unusableFolder, busy
        }
        private let value: Value

        /// A server program is not installed, or is too old.
        package static let missingBinary = Code(value: .missingBinary)
        /// A port that was asked for by number belongs to another process.
        package static let portInUse = Code(value: .portInUse)
        /// The servers' user has no way into the folder.
        package static let cannotEnter = Code(value: .cannotEnter)
        /// A server did not start; the message ends with the last lines of its log.
        package static let serverFailed = Code(value: .serverFailed)
        /// A helper program (initdb, psql, …) ended with an error.
        package static let commandFailed = Code(value: .commandFailed)
        /// Something took longer than it was given.
        package static let deadline = Code(value: .deadline)
        /// The folder or its state file cannot be read or written.
        package static let unusableFolder = Code(value: .unusableFolder)
        /// Another process is starting or stopping the same stack.
        package static let busy = Code(value: .busy)
    }

    package let code: Code
    /// What happened, with the server's or system's own words.
    package let message: String
    /// What to do about it, where that is known.
    package let remedy: String?

    init(_ code: Code, _ message: String, remedy: String? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    package var description: String {
        remedy.map { "\(message)\n\($0)" } ?? message
    }
}
