import Foundation
import HTTPTypes
import Jobs
import TestSupport
import Testing
import Web

@testable import Inference

@Suite("Memories over HTTP", .timeLimit(.minutes(1))) struct MemoryRoutesTests {
    private func contents(_ answer: RunRoutesTests.Answer) -> [String] { (answer.json["items"]?.elements ?? []).compactMap { $0["content"]?.string } }

    @Test("A memory is written, replaced under its name, read, found and deleted")
    func life() async throws {
        try await RunRoutesTests.withRoutes(worker: false) { ask in
            let made = try await ask(.post, "/v1/memories", #"{"content":"Assam","name":"tea","metadata":{"from":"form"}}"#)
            #expect(made.status == .created)
            let id = try #require(made.id)
            #expect(made.headers[.location] == "/v1/memories/\(id.lowercased)")
            #expect(made.json["scope"]?.string == "workspace" && made.json["kind"]?.string == "fact")
            let replaced = try await ask(.post, "/v1/memories", #"{"content":"Sencha","name":"tea"}"#)
            #expect(replaced.status == .ok && replaced.id == id)
            #expect(try await ask(.get, "/v1/memories/\(id.lowercased)", token: "reader").json["content"]?.string == "Sencha")
            #expect(contents(try await ask(.get, "/v1/memories?q=sencha")) == ["Sencha"])
            #expect(contents(try await ask(.get, "/v1/memories?q=assam")).isEmpty)
            #expect(try await ask(.delete, "/v1/memories/\(id.lowercased)").status == .noContent)
            #expect(try await ask(.get, "/v1/memories/\(id.lowercased)").status == .notFound)
            #expect(try await ask(.delete, "/v1/memories/\(id.lowercased)").status == .notFound)
        }
    }

    @Test("The newest come first, page by page, each once")
    func pages() async throws {
        try await RunRoutesTests.withRoutes(worker: false) { ask in
            for number in 1...5 { try await ask.engine.fixture.remember("\(number)") }
            var (found, path) = ([String](), "/v1/memories?limit=2")
            while true {
                let page = try await ask(.get, path)
                found += contents(page)
                guard let cursor = page.json["next_cursor"]?.string else { break }
                path = "/v1/memories?limit=2&cursor=\(cursor)"
            }
            #expect(found.sorted() == ["1", "2", "3", "4", "5"])
            let fixture = ask.engine.fixture
            let listed = try await fixture.memories.list(reach: .all, workspace: fixture.workspace, before: nil, limit: 10)
            #expect(found == listed.map(\.content))
            #expect(zip(listed, listed.dropFirst()).allSatisfy { $0.id.lowercased > $1.id.lowercased })
        }
    }

    @Test("What is wrong is named by its place")
    func faults() async throws {
        try await RunRoutesTests.withRoutes(worker: false) { ask in
            let wrong = try await ask(.post, "/v1/memories", #"{"content":"","name":"","kind":"","agent":"o/nobody"}"#)
            #expect(wrong.status == .unprocessableContent)
            #expect(wrong.pointers == ["#/content", "#/name", "#/kind", "#/agent"])
            #expect(try await ask(.get, "/v1/memories?agent=o/nobody").status == .badRequest)
            #expect(try await ask(.post, "/v1/memories", "{}").status == .unprocessableContent)
            #expect(try await ask(.post, "/v1/memories", #"{"content":"a"}"#, token: "reader").status == .forbidden)
            #expect(try await ask(.get, "/v1/memories", token: nil).status == .unauthorized)
        }
    }

    @Test("Another workspace's are as unknown ones")
    func strangers() async throws {
        try await RunRoutesTests.withRoutes(worker: false) { ask in
            let memory = try await ask.engine.fixture.remember("mine")
            let path = "/v1/memories/\(memory.id.lowercased)"
            #expect(try await ask(.get, path, token: "theirs").status == .notFound)
            #expect(try await ask(.delete, path, token: "theirs").status == .notFound)
            #expect(contents(try await ask(.get, "/v1/memories", token: "theirs")).isEmpty)
            #expect(try await ask(.get, path).status == .ok)
        }
    }
}
