import ArgumentParser
import Foundation
import Testing
import Web

@testable import mainstay

@Suite struct BudgetCommandTests {
    private func put(_ words: String...) throws -> BudgetCommand.Put { try BudgetCommand.Put.parse(words) }

    @Test("what is named is changed, `none` takes a bound away, and the rest stays")
    func changes() throws {
        let old = BudgetAnswer.Bounds(runsPerMinute: 60, tokensPerDay: 1_000, costPerDay: 2.5)
        let change = try put("--tokens-per-day", "2000000", "--runs-per-minute", "none", "--cost-per-month", "0.5")
        #expect(try change.changed(old) == BudgetAnswer.Bounds(tokensPerDay: 2_000_000, costPerDay: 2.5, costPerMonth: 0.5))
        let body = String(decoding: try APIClient.encoder.encode(try change.changed(old)), as: UTF8.self)
        #expect(body == #"{"cost_per_day":2.5,"cost_per_month":0.5,"tokens_per_day":2000000}"#)
    }

    @Test(
        "what is no bound is refused before anything is asked",
        arguments: [
            ["--tokens-per-day", "1.5"], ["--tokens-per-day", "many"], ["--runs-per-minute", "0"], ["--cost-per-day=-1"],
            ["--cost-per-month", "nan"], [], ["--tokens-per-day", "1", "--token", "me"],
        ])
    func refused(_ words: [String]) {
        #expect(throws: (any Error).self) { _ = try BudgetCommand.Put.parse(words) }
    }

    @Test("a budget is the workspace's, or a token's under the token's id")
    func holders() throws {
        #expect(try put("--tokens-per-day", "1").holder.path() == "/v1/workspace/run-budget")
        let id = UUID()
        let path = try put("--tokens-per-day", "1", "--token", id.uuidString).holder.path()
        #expect(path == "/v1/tokens/\(id.uuidString.lowercased())/run-budget")
    }

    @Test("it is shown with what was used and is left, also of what is not bounded")
    func shown() throws {
        let answer = try APIClient.decoder.decode(
            BudgetAnswer.self,
            from: Data(
                """
                {"budget":{"tokens_per_day":1000,"cost_per_month":12.5},"left":{"tokens_per_day":900,"cost_per_month":12},
                 "used":{"tokens_today":100,"cost_today":0.25,"cost_this_month":0.5},
                 "day_ends_at":"2026-01-31T00:00:00.000Z","month_ends_at":"2026-02-01T00:00:00.000Z"}
                """.utf8))
        let json = try JSONBody.document(Array(answer.table.json.utf8))
        #expect(json["version"] == 1)
        let rows = try #require(json["rows"]?.elements)
        #expect(rows.map { $0["bound"]?.string } == ["runs_per_minute", "tokens_per_day", "cost_per_day", "cost_per_month"])
        #expect(rows[1]["limit"] == 1_000 && rows[1]["used"] == 100 && rows[1]["left"] == 900)
        #expect(rows[2]["limit"] == .null && rows[2]["used"]?.string == nil && rows[3]["begins_anew"] == "2026-02-01T00:00:00.000Z")
        #expect(answer.lines == ["900 of 1000 tokens are left today", "12.0000 of 12.5000 US dollars are left this month"])
    }

    @Test("every command of budgets and tools says in its help how it is called")
    func help() {
        for help in [
            BudgetCommand.helpMessage(), BudgetCommand.Show.helpMessage(), BudgetCommand.Put.helpMessage(), BudgetCommand.Clear.helpMessage(),
            ToolCommand.helpMessage(), ToolCommand.Show.helpMessage(), ToolCommand.Change.helpMessage(), ToolCommand.Rotate.helpMessage(),
        ] {
            #expect(help.contains("EXAMPLES") && help.contains("mainstay "))
        }
    }
}

@Suite struct ToolCommandTests {
    private let found: JSONValue = [
        "id": "019a", "name": "weather", "description": "The weather", "parameters": ["type": "object", "minProperties": 1],
        "url": "https://a.example/", "timeout_ms": 10_000, "disabled": true, "created_at": "2026-01-31T08:30:00.000Z",
        "updated_at": "2026-01-31T08:30:00.000Z",
    ]

    @Test("what is named of a tool is changed, and the rest is written as it was")
    func changes() throws {
        let change = try ToolCommand.Change.parse(["weather", "--timeout", "5s", "--enable", "--parameters", #"{"type":"object"}"#])
        let wanted: JSONValue = [
            "name": "weather", "description": "The weather", "parameters": ["type": "object"], "url": "https://a.example/", "timeout_ms": 5_000,
            "disabled": false,
        ]
        #expect(try change.changed(found) == wanted)
        let renamed = try ToolCommand.Change.parse(["weather", "--name", "forecast"]).changed(found)
        #expect(renamed["name"] == "forecast" && renamed["disabled"] == true && renamed["parameters"] == ["type": "object", "minProperties": 1])
    }

    @Test(
        "a change that says nothing, or what cannot be, is refused",
        arguments: [["weather"], ["weather", "--enable", "--disable"], ["weather", "--timeout", "soon"], []])
    func refused(_ words: [String]) {
        #expect(throws: (any Error).self) { _ = try ToolCommand.Change.parse(words) }
        let typed = #expect(throws: (any Error).self) { _ = try ToolCommand.schema("[1]") }
        #expect(typed.map { "\($0)".contains("--parameters") } == true)
    }

    @Test("a tool is shown with its schema as JSON")
    func shown() throws {
        let row = try #require(try JSONBody.document(Array(ToolCommand.Show.table(found).json.utf8))["rows"]?.elements?.first)
        #expect(row["name"] == "weather" && row["timeout_ms"] == 10_000 && row["disabled"] == true && row["former_secret_until"] == .null)
        #expect(row["parameters"] == ["type": "object", "minProperties": 1])
    }

    @Test("an overlap is a duration of 30 days at the most")
    func overlaps() throws {
        for (word, seconds) in [("0s", 0), ("90s", 90), ("2h", 7_200), ("30d", 2_592_000)] {
            #expect(try ToolCommand.Rotate.parse(["weather", "--overlap", word]).seconds() == seconds)
        }
        for word in ["31d", "soon", ""] { #expect(throws: (any Error).self) { _ = try ToolCommand.Rotate.parse(["weather", "--overlap", word]) } }
        #expect(try ToolCommand.Rotate.parse(["weather"]).seconds() == 86_400)
    }
}
