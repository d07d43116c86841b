/// How much of a body a route reads, in bytes.
package enum BodyLimit {
    /// What needs no body and takes an empty object: room for one that a client's library adds.
    package static let action = 16 * 1024
    /// One line of a body of lines.
    package static let line = 1024 * 1024
    /// Most routes: forms of a few fields.
    package static let standard = 256 * 1024
    /// Prompts, tickets with pasted logs, webhook bodies.
    package static let generous = 4 * 1024 * 1024
    /// Character files, build profiles with their timelines.
    package static let large = 32 * 1024 * 1024
}
