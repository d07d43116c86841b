/// A value that is read at the moment of a scrape and kept nowhere: what cannot be read is absent, and nothing is ever stale.
struct Sample: Sendable, Equatable {
    enum Kind: String, Sendable {
        case counter
        case gauge
    }

    struct Label: Sendable, Equatable {
        let name: String
        let value: String
    }

    /// Ends in `_total` for a counter.
    let name: String
    let kind: Kind
    let labels: [Label]
    let value: Double

    init(_ kind: Kind, _ name: String, _ labels: [(String, String)], _ value: Double) {
        self.name = name
        self.kind = kind
        self.labels = labels.map { Label(name: $0.0, value: $0.1) }
        self.value = value
    }

    /// The labels as the registry writes them.
    var dimensions: [(String, String)] { labels.map { ($0.name, $0.value) } }
}
