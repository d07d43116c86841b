/// Who says what a run cost.
enum CostSource: String, Sendable, Equatable, CaseIterable {
    /// Its provider.
    case provider
    /// The table of prices.
    case table
    /// The provider, and of what was estimated the table.
    case both
}

/// What models cost, for providers that do not say it themselves.
///
///     openai/gpt-4.1 2.00 8.00 0.50        US dollars for a million input tokens, output tokens and, if they differ, cached input tokens
///     llama 0 0                            a model of any provider
package struct PriceTable: Sendable, Equatable {
    /// An entry that is none.
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    struct Price: Sendable, Equatable {
        var input: Double
        var output: Double
        var cachedInput: Double
    }

    private var prices: [String: Price] = [:]

    /// No price is known.
    package static let none = PriceTable()

    private init() {}

    /// - Parameter entries: As above, one text each.
    package init(_ entries: [String]) throws(Fault) {
        for entry in entries {
            let words = entry.split { $0.isWhitespace }.map(String.init)
            guard let model = words.first else { continue }
            let numbers = words.dropFirst().compactMap { Double($0) }
            guard (2...3).contains(numbers.count), numbers.count == words.count - 1, numbers.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
                throw Fault(description: "\"\(entry)\" is not of the form MODEL INPUT OUTPUT [CACHED], dollars for a million tokens")
            }
            guard prices[model] == nil else { throw Fault(description: "\(model) has two prices") }
            prices[model] = Price(input: numbers[0], output: numbers[1], cachedInput: numbers.count == 3 ? numbers[2] : numbers[0])
        }
    }

    /// What is known of a run's cost.
    struct Cost: Sendable, Equatable {
        /// US dollars.
        var known = 0.0
        /// There is nothing beside it that nobody knows the price of.
        var isWhole = false
        /// Whose word it is; nil when nothing is known.
        var source: CostSource?
    }

    /// What a run cost of whose usage a part is estimated. A provider's own word is of what it counted, so the rest goes by the table.
    func cost(of usage: TokenUsage, estimated: TokenUsage, provider: String, model: String, reported: Double?) -> Cost {
        guard let cost = cost(of: usage, provider: provider, model: model, reported: reported) else { return Cost() }
        let source = Self.isWord(reported) ? CostSource.provider : .table
        guard source == .provider, !estimated.isEmpty else { return Cost(known: cost, isWhole: true, source: source) }
        guard let rest = self.cost(of: estimated, provider: provider, model: model) else { return Cost(known: cost, isWhole: false, source: source) }
        return Cost(known: cost + rest, isWhole: true, source: .both)
    }

    /// What a run cost, in US dollars.
    ///
    /// - Parameter reported: What the provider says, which is believed before any table.
    /// - Returns: Nil when nobody knows: without a price, or without a count of tokens.
    package func cost(of usage: TokenUsage, provider: String, model: String, reported: Double? = nil) -> Double? {
        if let reported, Self.isWord(reported) { return reported }
        guard let price = prices["\(provider)/\(model)"] ?? prices[model] else { return nil }
        guard usage.input != nil || usage.output != nil else { return nil }
        // Providers count what came from their cache inside of the input; one that does not must not make the rest negative.
        let input = max(0, usage.input ?? 0)
        let cached = min(input, max(0, usage.cachedInput ?? 0))
        let output = max(0, usage.output ?? 0)
        return (Double(input - cached) * price.input + Double(cached) * price.cachedInput + Double(output) * price.output) / 1_000_000
    }

    /// Whether a provider's word on the cost is one.
    private static func isWord(_ reported: Double?) -> Bool { reported.map { $0.isFinite && $0 >= 0 } ?? false }
}
