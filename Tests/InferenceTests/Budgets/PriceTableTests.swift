import Testing

@testable import Inference

@Suite("What models cost") struct PriceTableTests {
    @Test("tokens are priced by the model, first as that provider's, and what came from a cache by its own price")
    func costs() throws {
        let table = try PriceTable(["m 1 2", " openai/m   2.00 8.00 0.50 ", "free 0 0", ""])
        let usage = TokenUsage(input: 1_000_000, output: 500_000)
        #expect(table.cost(of: usage, provider: "openai", model: "m") == 6)
        #expect(table.cost(of: usage, provider: "other", model: "m") == 2)
        #expect(table.cost(of: usage, provider: "other", model: "free") == 0)
        #expect(table.cost(of: TokenUsage(input: 1_000_000, cachedInput: 400_000), provider: "openai", model: "m") == 1.4)
        #expect(table.cost(of: TokenUsage(input: 10, cachedInput: 1_000_000), provider: "x", model: "m") == 0.00001)
    }

    @Test("what the provider says is believed, and what nobody knows is not zero")
    func unknown() throws {
        let table = try PriceTable(["m 1 2"])
        let usage = TokenUsage(input: 1_000_000)
        #expect(table.cost(of: usage, provider: "p", model: "m", reported: 0.25) == 0.25)
        #expect(table.cost(of: usage, provider: "p", model: "m", reported: -1) == 1)
        #expect(table.cost(of: usage, provider: "p", model: "other") == nil)
        #expect(table.cost(of: TokenUsage(), provider: "p", model: "m") == nil)
        #expect(PriceTable.none.cost(of: usage, provider: "p", model: "m") == nil)
    }

    @Test("an entry that is none is told", arguments: ["m", "m 1", "m 1 x", "m 1 2 3 4", "m -1 2", "m 1 nan", "m 1 inf"])
    func faults(_ entry: String) {
        let fault = #expect(throws: PriceTable.Fault.self) { try PriceTable(["a 1 2", entry]) }
        #expect(fault?.description.contains(entry) == true)
    }

    @Test("a model has one price")
    func twice() {
        #expect(throws: PriceTable.Fault.self) { try PriceTable(["m 1 2", "m 1 2"]) }
    }
}
