import Foundation

/// Another owner's listing that had a title before: the same one, to the eye.
struct LikeTitle: Sendable, Equatable {
    let listing: UUID
    let agent: UUID
    let owner: String
    let name: String
    let forks: Int
    /// Seconds that it has had the title for longer.
    let lead: Double
}

/// Whether a listing is marked as having another's title. Titles may be had by many, so none is refused. Pure.
///
/// | of other owners' listings with the title, without those that are marked themselves | |
/// |---|---|
/// | some have 10 forks or more | the most forked of them is told, however much older it is |
/// | none has, and some had the title 30 days or more before | the oldest of them is told |
/// | none has, and none did | none is told |
/// | the one to tell is what the agent was forked from, at any distance | none is told: its lineage does |
enum TitleCheck {
    /// So much longer has another had the title that this one may have taken it from there.
    static let elderLead: Double = 30 * 86_400

    /// - Parameter like: the oldest first.
    static func resembled(_ like: [LikeTitle], lineage: [ForkSource]) -> LikeTitle? {
        // Of equally many forks the older one, which comes first.
        let known = like.filter { $0.forks >= NameCheck.protectedForks }.max { $0.forks < $1.forks }
        guard let elder = known ?? like.first(where: { $0.lead >= elderLead }) else { return nil }
        return lineage.contains { $0.agent == elder.agent } ? nil : elder
    }
}
