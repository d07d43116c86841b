/// Why something about workspaces, members or tokens was refused.
package struct WorkspaceError: Error, Sendable, Equatable, CustomStringConvertible {
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String { case invalidSlug, slugTaken, multiUserOff, unknownWorkspace, emailTaken, alreadyMember, idempotencyMismatch }
        private let value: Value
        package var description: String { value.rawValue }

        package static let invalidSlug = Code(value: .invalidSlug)
        /// Another workspace has the slug.
        package static let slugTaken = Code(value: .slugTaken)
        /// There is one workspace only, because `multi-user` is off.
        package static let multiUserOff = Code(value: .multiUserOff)
        package static let unknownWorkspace = Code(value: .unknownWorkspace)
        package static let emailTaken = Code(value: .emailTaken)
        package static let alreadyMember = Code(value: .alreadyMember)
        /// The Idempotency-Key was used before, for something else.
        package static let idempotencyMismatch = Code(value: .idempotencyMismatch)
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code): \(message)" }
}
