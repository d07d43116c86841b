import Foundation

/// How much a job matters beside others of its queue. The classes are weighted, so that none starves: of thirteen turns the high
/// one has eight, the normal four, the low one.
public enum JobPriority: String, Sendable, Hashable, Codable, CaseIterable {
    case high
    case normal
    case low

    var letter: UInt8 {
        switch self {
        case .high: UInt8(ascii: "h")
        case .normal: UInt8(ascii: "n")
        case .low: UInt8(ascii: "l")
        }
    }

    init?(letter: UInt8) {
        guard let found = Self.allCases.first(where: { $0.letter == letter }) else { return nil }
        self = found
    }
}

/// What jobs have in common that must not run together, or not too fast: a repository, a customer, a provider's account. It counts
/// within one queue and workspace, over the whole fleet.
public struct JobKey: Sendable, Hashable {
    /// 1 to 64 letters, digits, `.`, `_`, `~` or `-`; any other name is replaced by its digest.
    public let name: String
    /// Jobs with this key that may be in workers' hands at once; 1 makes them serial. Nil for any number.
    public let running: Int?
    /// Jobs with this key that may be begun a second, with a second's worth at once; nil for any number.
    public let perSecond: Double?

    public init(_ name: String, running: Int? = nil, perSecond: Double? = nil) {
        self.name = name.isPlainKey ? name : name.keyDigest
        self.running = running.map { max(1, $0) }
        self.perSecond = perSecond.map { max(0.001, $0) }
    }

    /// One after the other. A job that failed and waits for its next attempt lets the others pass.
    public static func serial(_ name: String) -> JobKey { JobKey(name, running: 1) }
}

/// Which way a job takes through its queue: the last word of its header, absent for the usual one.
///
///     h            high
///     n/acme;r=1   normal, one at a time under the key `acme`
///     l/api;s=2.5  low, two and a half a second under the key `api`
struct JobRoute: Sendable, Hashable {
    var priority: JobPriority = .normal
    var key: JobKey?

    static let usual = JobRoute()

    /// The letter of its class, and behind the workspace what else it says.
    var suffix: String {
        guard let key else { return "" }
        return "/" + key.name + (key.running.map { ";r=\($0)" } ?? "") + (key.perSecond.map { ";s=\($0.shortText)" } ?? "")
    }

    var word: String { String(decoding: [priority.letter], as: UTF8.self) + suffix }

    /// As the scripts know it: with the workspace.
    func word(in workspace: UUID) -> String { String(decoding: [priority.letter], as: UTF8.self) + workspace.lowercased + suffix }

    /// As tables keep it: null for the usual one.
    var stored: String? { self == .usual ? nil : word }

    /// What a table kept. A word that this release does not know is the usual route: a class or a limit is no reason to lose a job.
    init(stored: String?) { self = stored.flatMap { JobRoute(word: $0) } ?? .usual }

    init(priority: JobPriority = .normal, key: JobKey? = nil) {
        self.priority = priority
        self.key = key
    }

    /// Nil for a word that this release does not know.
    init?(word: String) {
        guard let letter = word.utf8.first, let priority = JobPriority(letter: letter) else { return nil }
        self.priority = priority
        let rest = word.dropFirst()
        guard !rest.isEmpty else { return }
        let parts = rest.split(separator: ";", omittingEmptySubsequences: false)
        guard let name = parts.first, name.first == "/", String(name.dropFirst()).isPlainKey else { return nil }
        var running: Int?
        var perSecond: Double?
        for part in parts.dropFirst() {
            switch part.prefix(2) {
            case "r=": running = Int(part.dropFirst(2))
            case "s=": perSecond = Double(part.dropFirst(2))
            default: return nil
            }
        }
        key = JobKey(String(name.dropFirst()), running: running, perSecond: perSecond)
    }
}

extension Double {
    /// Without an exponent, which the scripts do not read: at most three places.
    fileprivate var shortText: String {
        let thousandths = Int((self * 1000).rounded())
        var places = String(thousandths % 1000)
        while places.count < 3 { places = "0" + places }
        return "\(thousandths / 1000).\(places)"
    }
}
