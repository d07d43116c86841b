import Workspaces

/// What differs between two documents, place by place. Pure.
///
/// Members are compared by name, whatever their order; elements of lists by what stands around them: what two lists begin and end
/// with alike is passed over, so that one element that was put in is one difference and not many. Numbers are compared by value
/// (`1.0` is `1`), texts by their bytes.
///
/// A place that was added or changed is a pointer into the newer document, one that was removed into the older one.
struct CharacterDiff: Sendable, Equatable {
    struct Change: Sendable, Equatable {
        enum Kind: String, Sendable, Codable, CaseIterable { case added, removed, changed }

        let kind: Kind
        /// RFC 6901.
        let path: String
        /// The older value as JSON, cut; nil where there was none.
        let from: String?
        /// The newer value as JSON, cut; nil where there is none.
        let to: String?
    }

    /// Characters of a value that are shown; more end in `…`.
    static let maximumValue = 500
    /// Differences that are told.
    static let maximumChanges = 1000

    private(set) var changes: [Change] = []
    /// Whether there are more than are told.
    private(set) var isCut = false

    init(from older: JSONNode, to newer: JSONNode) {
        compare(older, newer, at: JSONPointer())
    }

    // MARK: Walk

    private mutating func compare(_ older: JSONNode, _ newer: JSONNode, at place: JSONPointer) {
        guard !isCut else { return }
        switch (older, newer) {
        case (.object(let before), .object(let after)): compareMembers(before, after, at: place)
        case (.array(let before), .array(let after)): compareElements(before, after, at: place)
        default: if !Self.isSame(older, newer) { add(.changed, at: place, from: older, to: newer) }
        }
    }

    private mutating func compareMembers(_ before: [JSONMember], _ after: [JSONMember], at place: JSONPointer) {
        let newer = Self.byName(after)
        let older = Set(before.map { Array($0.name.utf8) })
        for member in before {
            if let value = newer[Array(member.name.utf8)] {
                compare(member.value, value, at: place.member(member.name))
            } else {
                add(.removed, at: place.member(member.name), from: member.value, to: nil)
            }
        }
        for member in after where !older.contains(Array(member.name.utf8)) {
            add(.added, at: place.member(member.name), from: nil, to: member.value)
        }
    }

    private mutating func compareElements(_ before: [JSONNode], _ after: [JSONNode], at place: JSONPointer) {
        let shorter = min(before.count, after.count)
        var (head, tail) = (0, 0)
        // Of equally many, what is alike is no difference anyway; to look ahead would walk each level's subtree once more.
        if before.count != after.count {
            while head < shorter, Self.isSame(before[head], after[head]) { head += 1 }
            while tail < shorter - head, Self.isSame(before[before.count - 1 - tail], after[after.count - 1 - tail]) { tail += 1 }
        }
        let (older, newer) = (before[head..<before.count - tail], after[head..<after.count - tail])
        for (index, pair) in zip(older, newer).enumerated() { compare(pair.0, pair.1, at: place.element(head + index)) }
        for index in older.indices.dropFirst(newer.count) { add(.removed, at: place.element(index), from: before[index], to: nil) }
        for index in newer.indices.dropFirst(older.count) { add(.added, at: place.element(index), from: nil, to: after[index]) }
    }

    // MARK: Values

    /// Looks no further than the first difference: documents come from anyone, and lists in lists are looked at again at each level.
    private static func isSame(_ one: JSONNode, _ other: JSONNode) -> Bool {
        switch (one, other) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left == right || CanonicalNumber(left) == CanonicalNumber(right)
        // Equal texts may have different bytes; different ones, which are told apart sooner, have not the same.
        case (.string(let left), .string(let right)): left == right && Array(left.utf8) == Array(right.utf8)
        case (.array(let left), .array(let right)): left.count == right.count && zip(left, right).allSatisfy { isSame($0, $1) }
        case (.object(let left), .object(let right)): left.count == right.count && areSame(left, right)
        default: false
        }
    }

    /// Of equally many members.
    private static func areSame(_ one: [JSONMember], _ other: [JSONMember]) -> Bool {
        // As documents come from the database, their members are in one order.
        if zip(one, other).allSatisfy({ $0.name.utf8.elementsEqual($1.name.utf8) }) {
            return zip(one, other).allSatisfy { isSame($0.value, $1.value) }
        }
        let values = byName(other)
        return one.allSatisfy { member in values[Array(member.name.utf8)].map { isSame(member.value, $0) } ?? false }
    }

    /// By the bytes of their names: to Swift two spellings of one accented letter are equal, to JSON they are two names.
    private static func byName(_ members: [JSONMember]) -> [[UInt8]: JSONNode] {
        Dictionary(members.map { (Array($0.name.utf8), $0.value) }, uniquingKeysWith: { $1 })
    }

    private mutating func add(_ kind: Change.Kind, at place: JSONPointer, from older: JSONNode?, to newer: JSONNode?) {
        guard changes.count < Self.maximumChanges else {
            isCut = true
            return
        }
        changes.append(Change(kind: kind, path: place.description, from: older.map(Self.text), to: newer.map(Self.text)))
    }

    /// The value as JSON, cut.
    private static func text(_ node: JSONNode) -> String {
        let text = String(decoding: node.canonicalBytes, as: UTF8.self)
        return text.unicodeScalars.count <= maximumValue ? text : String(text.unicodeScalars.prefix(maximumValue - 1)) + "…"
    }
}
