import Foundation
import Jobs

/// Telling the owners of all forks that their origin was removed: how far it has come. A value.
///
///     pass 1 ─page─▶ page … ─last page─▶ rest ─▶ pass 2 ─nobody left─▶ finished
///                                                   └─somebody left─▶ rest ─▶ … ─▶ pass 5 ─▶ finished
///
/// One pass is not enough: a fork that was under way when its origin was removed may appear in a workspace that the pass has left
/// behind, and a process may end between the commit of a page and the jobs for it. Whoever is left after the last pass has a job
/// among the dead letters.
struct Takedown: Sendable, Equatable {
    static let passes = 5
    /// Longer than a fork waits in its queue.
    static let rest = Duration.seconds(600)

    let removal: UUID
    let agent: UUID
    let pass: Int
    /// The last workspace of this pass that was handed out.
    let toldTo: UUID

    struct Step: Sendable, Equatable {
        let pass: Int
        let toldTo: UUID
        let rest: Duration
        let isFinished: Bool
    }

    /// What comes after these workspaces were handed out.
    /// - Parameter limit: of a page: with fewer the pass is over.
    func step(after page: [UUID], limit: Int) -> Step {
        if let last = page.last, page.count >= limit { return Step(pass: pass, toldTo: last, rest: .zero, isFinished: false) }
        // The first pass may have found nobody because the forks were just being made.
        let isLast = pass >= Self.passes || (pass > 1 && page.isEmpty && toldTo == Self.beginning)
        return Step(pass: isLast ? pass : pass + 1, toldTo: Self.beginning, rest: Self.rest, isFinished: isLast)
    }

    /// Before every workspace.
    static let beginning = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

    /// The job that tells one workspace in this pass, however often it is handed out.
    func job(for workspace: UUID) -> UUID {
        let words = withUnsafeBytes(of: workspace.uuid) { bytes in
            (bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        return .derived(from: removal, step: words.0 ^ words.1 ^ UInt64(pass))
    }
}
