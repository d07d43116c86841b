import Foundation
import Mustache

/// What a template is filled with, by name.
///
/// Every name that a template may ask for is given, with ``PageValue/nothing`` where there is nothing to say: a name that is missing would
/// be looked for further out, and the page around a card has a title of its own.
struct PageValues: Sendable, MustacheParent, ExpressibleByDictionaryLiteral {
    private var values: [String: PageValue]

    init(dictionaryLiteral elements: (String, PageValue)...) {
        values = Dictionary(elements, uniquingKeysWith: { _, last in last })
    }

    func child(named: String) -> Any? { values[named]?.content }

    /// These and the others, which win.
    func merging(_ others: PageValues) -> PageValues {
        var merged = self
        merged.values.merge(others.values) { _, other in other }
        return merged
    }

    /// All names, those further in too.
    var names: Set<String> {
        values.reduce(into: []) { names, member in
            names.insert(member.key)
            names.formUnion(member.value.names)
        }
    }
}

/// One thing that a template writes, or a part that it repeats or leaves out.
indirect enum PageValue: Sendable {
    /// Escaped where it is written, whatever it holds.
    case text(String)
    /// Whether a part is there.
    case flag(Bool)
    /// A part with names of its own.
    case group(PageValues)
    /// A part for each.
    case list([PageValues])
    /// JSON for other programs, the one thing that is written as it is.
    case data(LinkedData)
    /// Writes nothing, and leaves the part out.
    case nothing

    /// A text, nothing for none and for an empty one.
    static func maybe(_ text: String?) -> PageValue {
        guard let text, !text.isEmpty else { return .nothing }
        return .text(text)
    }

    /// A moment, nothing for none.
    static func moment(_ date: Date?) -> PageValue {
        guard let date else { return .nothing }
        return .group(PageWords.moment(date))
    }

    /// A part around a list, under the name `items`; left out where the list is empty.
    static func section(_ items: [PageValues]) -> PageValue {
        items.isEmpty ? .nothing : .group(["items": .list(items)])
    }

    fileprivate var content: Any {
        switch self {
        case .text(let text): return text
        case .flag(let flag): return flag
        case .group(let values): return values
        case .list(let items): return items
        case .data(let data): return data
        case .nothing: return Nothing()
        }
    }

    fileprivate var names: Set<String> {
        switch self {
        case .group(let values): values.names
        case .list(let items): items.reduce(into: []) { $0.formUnion($1.names) }
        case .text, .flag, .data, .nothing: []
        }
    }

    private struct Nothing: MustacheCustomRenderable {
        let renderText = ""
        let isNull = true
    }
}

extension PageValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByBooleanLiteral {
    init(stringLiteral value: String) { self = .text(value) }
    init(booleanLiteral value: Bool) { self = .flag(value) }
}
