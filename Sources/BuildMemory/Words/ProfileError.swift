/// Why a command could not be profiled, or a profile could not be read.
package struct ProfileError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// No such program: a shell answers 127.
        case notFound
        /// There is such a file, and it cannot be run: a shell answers 126.
        case notExecutable
        /// This system offers no `/proc`.
        case unsupported
        /// Anything else that the system refused.
        case system
    }

    package let code: Code
    package let message: String

    package var description: String { message }

    /// What a shell would exit with.
    package var exitCode: Int32 {
        switch code {
        case .notFound: 127
        case .notExecutable: 126
        case .unsupported, .system: 125
        }
    }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
