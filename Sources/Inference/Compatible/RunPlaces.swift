import Web

/// Where the members of a run stand in the request of another API that it was read from.
///
/// What is wrong with a run is found by the run's own members (``RunRequest/faults``) and has to be told by those that the client sent. A
/// member that stands elsewhere there is noted while the request is read; any other has the same path in both.
///
/// | of the run | in Messages |
/// |---|---|
/// | `options/max_output_tokens` | `max_tokens` |
/// | `messages/1`, behind the system's text | `messages/0` |
/// | `messages/2/content` | `messages/1/content/0/content`, a result of a tool |
struct RunPlaces: Sendable, Equatable {
    /// By the paths of members of the run.
    private var paths: [[String]: [String]] = [:]

    /// Notes where a member of the run stands, with all below it.
    ///
    /// - Parameters:
    ///   - member: Its path, as `options/stop`.
    ///   - place: Nil for one that was not sent, which nothing is noted of.
    mutating func note(_ member: String, at place: RequestPlace?) {
        guard let place else { return }
        let own = Self.parts(member)
        if path(of: own) != place.path { paths[own] = place.path }
    }

    /// Names and numbers from the request's root.
    ///
    /// - Parameter pointer: A JSON pointer into the run, as in a ``RunRequestFault``.
    func path(of pointer: String) -> [String] { path(of: Self.parts(pointer)) }

    /// The longest beginning that was noted counts.
    private func path(of member: [String]) -> [String] {
        for length in (1...max(1, member.count)).reversed() {
            if let path = paths[Array(member.prefix(length))] { return path + member.dropFirst(length) }
        }
        return member
    }

    private static func parts(_ path: String) -> [String] { path.split(separator: "/").map(String.init) }
}
