import Foundation

/// Another owner's listed agent whose name comes near a new one.
struct LikeName: Sendable, Equatable {
    let owner: String
    let name: String
    let forks: Int
    /// Whether the two look the same: without hyphens, with 0 as o, 1 as l, rn as m.
    let looksSame: Bool
    /// Trigrams that the two share, from 0 to 1.
    let similarity: Double

    var address: String { "\(owner)/\(name)" }
}

/// A name that was public once and looks the same as a new one.
struct NameReservation: Sendable, Equatable {
    /// Whether the workspace that wants the name was the one that freed it.
    let isOwn: Bool
    /// The very name under the very owner, and not one that looks the same.
    let isExact: Bool
    /// Nobody gets it.
    let isBarred: Bool
    /// Whose name it was.
    let agent: UUID
    /// Whether that agent is listed, under another name: then this one leads to it.
    let isListed: Bool
}

/// Whether an agent may be listed under a name for the first time. Pure.
///
/// | the name | |
/// |---|---|
/// | was another owner's and is reserved, or looks the same as one that is | refused |
/// | was given up in quarantine or after a removal | refused |
/// | leads to another agent of the same owner | refused |
/// | looks the same as that of another owner's agent with 10 forks or more | refused |
/// | looks the same as another owner's, or comes near it | taken, and said |
enum NameCheck: Sendable, Equatable {
    /// - Parameter looksLike: `owner/name` of the nearest one.
    case free(looksLike: String?)
    case refused(Reason)

    enum Reason: Sendable, Equatable {
        case reserved
        case barred
        /// The old name of another agent of the same owner.
        case leadsElsewhere
        /// `owner/name` of the agent that it would be taken for.
        case looksLike(String)
    }

    /// From so many forks on an agent is known well enough that its name is protected.
    static let protectedForks = 10
    /// Names that share so many trigrams come near each other.
    static let nearSimilarity = 0.6

    init(of agent: UUID, name: AgentName, like: [LikeName], reservations: [NameReservation]) {
        // A free name is no better protected than one in use: under another owner it is another address, unless nobody is to have it.
        if reservations.contains(where: { !$0.isOwn && ($0.isExact || $0.isBarred) }) {
            self = .refused(.reserved)
        } else if reservations.contains(where: { $0.isExact && $0.isBarred }) {
            self = .refused(.barred)
        } else if reservations.contains(where: { $0.isExact && $0.isListed && $0.agent != agent }) {
            self = .refused(.leadsElsewhere)
        } else if let known = like.first(where: { $0.looksSame && $0.forks >= Self.protectedForks }) {
            self = .refused(.looksLike(known.address))
        } else {
            self = .free(looksLike: like.first { Self.isNear($0, to: name.text) }?.address)
        }
    }

    /// How many of their trigrams names share at least that can come near to one by ``isNear(_:to:)``: those of a name of n letters are n + 1,
    /// and each slip costs 4 at most. So the longer the name, the fewer others come into question. Of the shortest ones it leaves some
    /// out, for they would share no more with each other than with any name.
    static func leastSimilarity(to name: String) -> Double {
        let (trigrams, slips) = (Double(name.utf8.count + 1), name.utf8.count >= 9 ? 2.0 : 1.0)
        return max(0.17, min(nearSimilarity, (trigrams - 4 * slips) / (trigrams + 4 * slips)) - 0.02)
    }

    static func isNear(_ other: LikeName, to name: String) -> Bool {
        if other.looksSame || other.similarity >= nearSimilarity { return true }
        let shorter = min(other.name.utf8.count, name.utf8.count)
        return shorter >= 4 && distance(other.name, name) <= (shorter >= 9 ? 2 : 1)
    }

    /// Letters to change, add, leave out, or swap with their neighbours to make one name of the other (each letter once).
    static func distance(_ one: String, _ other: String) -> Int {
        let (rows, columns) = (Array(one.utf8), Array(other.utf8))
        var before: [Int] = []
        var last = Array(0...columns.count)
        for (row, letter) in rows.enumerated() {
            var current = [row + 1]
            for (column, wanted) in columns.enumerated() {
                var least = min(last[column] + (letter == wanted ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == columns[column - 1], rows[row - 1] == wanted { least = min(least, before[column - 1] + 1) }
                current.append(least)
            }
            (before, last) = (last, current)
        }
        return last[columns.count]
    }
}
