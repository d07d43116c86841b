import Foundation

/// An account of the identity provider has named a workspace that it is no member of, or that is none. Its sender is answered with
/// ``Problem/notMember``; which account it was and what it named is for the watch alone.
struct NotMember: Error, Sendable, Hashable {
    /// ``ExternalIdentity/id``.
    let account: UUID
    /// As the request or its token says it, whether it can be one or not.
    let slug: String
}
