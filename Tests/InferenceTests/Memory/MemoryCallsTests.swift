import Foundation
import Testing

@testable import Inference

/// Calls of the memory tools, as models write them.
@Suite struct MemoryCallsTests {
    private let agent = UUID()

    private func fault(_ arguments: String, agent: UUID? = nil) -> String? {
        do {
            _ = try MemoryWriteCall(arguments: arguments, agent: agent)
            return nil
        } catch {
            return (error as? ToolFault)?.message ?? "\(error)"
        }
    }

    @Test("A write is the agent's own, unless it says otherwise or there is no agent")
    func scopes() throws {
        func write(_ arguments: String, _ agent: UUID?) throws -> MemoryWriteCall { try MemoryWriteCall(arguments: arguments, agent: agent) }
        #expect(try write(#"{"content":"a"}"#, agent) == .write(NewMemory(agent: agent, content: "a")))
        #expect(try write(#"{"content":"a"}"#, nil) == .write(NewMemory(agent: nil, content: "a")))
        let shared = #"{"content":"a","scope":"workspace","name":"n","kind":"task"}"#
        #expect(try write(shared, agent) == .write(NewMemory(name: "n", kind: "task", content: "a")))
    }

    @Test("An update and a deletion say which memory is meant")
    func targets() throws {
        let id = UUID()
        let told = id.uuidString.lowercased()
        #expect(
            try MemoryWriteCall(arguments: #"{"id":"\#(told)","content":"b"}"#, agent: nil) == .update(id: id, content: "b", kind: nil))
        #expect(try MemoryWriteCall(arguments: #"{"operation":"delete","id":"\#(told)"}"#, agent: nil) == .delete(.id(id)))
        #expect(
            try MemoryWriteCall(arguments: #"{"operation":"delete","name":"n"}"#, agent: agent) == .delete(.name("n", agent: agent)))
    }

    @Test(
        "What is wrong is told to the model by the name of the parameter",
        arguments: [
            ("{}", "`content`"), (#"{"content":""}"#, "`content`"), (#"{"content":"a","scope":"agent"}"#, "no agent"),
            (#"{"content":"a","scope":"room"}"#, "`scope`"), (#"{"operation":"delete"}"#, "`id` or `name`"),
            (#"{"operation":"burn","content":"a"}"#, "`operation`"), (#"{"content":"a","id":"x"}"#, "`id`"), (#"{"content":3}"#, "`content`"),
            (#"{"content":"a\u0000"}"#, "NUL"), ("[]", "JSON object"), ("tea", "JSON object"),
        ])
    func faults(_ arguments: String, _ word: String) {
        #expect(fault(arguments)?.contains(word) == true, "\(fault(arguments) ?? "none")")
    }

    @Test("Too long is told with the bound")
    func bounds() {
        let long = String(repeating: "a", count: MemoryBounds.content + 1)
        #expect(fault(#"{"content":"\#(long)"}"#)?.contains("1 to 8000 characters") == true)
        #expect(fault(#"{"content":"\#(long.dropLast())"}"#) == nil)
    }

    @Test("A search has words and a limit")
    func searches() throws {
        #expect(try MemorySearchCall(arguments: #"{"query":"tea"}"#).limit == 5)
        #expect(try MemorySearchCall(arguments: #"{"query":"tea","limit":20}"#).limit == 20)
        for arguments in [#"{"query":" "}"#, #"{"limit":3}"#, #"{"query":"tea","limit":21}"#, #"{"query":"tea","limit":"3"}"#] {
            #expect(throws: ToolFault.self, "\(arguments)") { try MemorySearchCall(arguments: arguments) }
        }
    }

    @Test("The tools' names are names that models may call")
    func names() {
        for name in MemoryTools.names { #expect(name.wholeMatch(of: /[A-Za-z0-9_-]+/) != nil) }
    }
}
