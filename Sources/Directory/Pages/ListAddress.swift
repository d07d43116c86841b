import Foundation

/// The address of a page of a list that is looked through by words and narrowed by filters. A value; links are made of it by changing a part.
protocol ListAddress {
    /// The whole list, from its first page on.
    init()
    var words: String? { get set }
    /// Where the page begins.
    var cursor: String? { get set }
}

extension ListAddress {
    /// The same with another part, from its first page on.
    func with<Part>(_ part: WritableKeyPath<Self, Part>, _ value: Part) -> Self {
        var other = self
        other.cursor = nil
        other[keyPath: part] = value
        return other
    }

    /// The same words, and nothing that narrows them.
    var withoutFilters: Self {
        var other = Self()
        other.words = words
        return other
    }

    /// A part as somebody typed it: at most 300 characters, the rest is read over; nil for blanks.
    static func text(_ given: String?) -> String? {
        guard let text = given?.trimmingCharacters(in: .whitespacesAndNewlines), !text.isEmpty else { return nil }
        return String(text.prefix(300))
    }
}
