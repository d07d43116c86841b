import Foundation
import Synchronization
import TestSupport
import Testing

/// The built program over real HTTP, from the request to the row.
@Suite(.serialized, .timeLimit(.minutes(12))) struct EndToEndTests {
    @Test("a ticket: accepted, stored with its clocks, answered, closed; each step seen from outside")
    func ticket() async throws {
        try await Deployment.with { deployment in
            let accepted = try await deployment.call(
                "POST", "/v1/tickets",
                #"{"subject":"Zero balance","body":"Tangem shows 0","priority":"urgent","wallet":"0x7b1F3c9A50E2d4486fB0a91C27dE5538c0a6D9e4"}"#)
            #expect(accepted.status == 202)
            let id = try #require(accepted.json["id"] as? String)
            #expect(accepted.headers["location"]?.hasSuffix("/v1/jobs/\(id)") == true)
            #expect(try await deployment.outcome(of: id) == "done")
            let ticket = try await deployment.call("GET", "/v1/tickets/\(id)").json
            let clocks = try #require(ticket["clocks"] as? [[String: Any]])
            #expect(Set(clocks.compactMap { $0["metric"] as? String }) == ["first_reply", "resolution"])
            #expect(clocks.allSatisfy { $0["state"] as? String == "running" })
            let reply = try await deployment.call("POST", "/v1/tickets/\(id)/replies", #"{"body":"Update the firmware first."}"#)
            #expect(reply.status == 201)
            let closed = try await deployment.call("POST", "/v1/tickets/\(id)/close", "{}")
            #expect((200..<300).contains(closed.status))
            #expect(try await deployment.call("GET", "/v1/tickets/\(id)").json["state"] as? String == "closed")
        }
    }

    @Test("an agent: imported, published, forked; secrets stay behind")
    func fork() async throws {
        try await Deployment.with { deployment in
            let file =
                #"{"name":"Harbor","bio":["A guide."],"settings":{"secrets":{"KEY":"sk-not-a-real-key-000000000000"}},"secrets":{"A":"b"},"style":{"all":[],"chat":[],"post":[]}}"#
            let imported = try await deployment.call("POST", "/v1/agents", file)
            #expect((200..<300).contains(imported.status), "\(imported.text)")
            let agent = try #require(imported.json["id"] as? String)
            let published = try await deployment.call("POST", "/v1/agents/\(agent)/publish", "{}")
            #expect((200..<300).contains(published.status), "\(published.text)")
            let owner = try #require(published.json["owner"] as? String)
            let name = try #require(published.json["name"] as? String)
            let fork = try await deployment.call("POST", "/v1/agents/\(owner)/\(name)/forks", "{}")
            #expect(fork.status == 202, "\(fork.text)")
            let id = try #require(fork.json["id"] as? String)
            #expect(try await deployment.outcome(of: id) == "done")
            let copy = try await deployment.call("GET", "/v1/agents/\(id)")
            #expect(copy.json["visibility"] as? String == "private")
            #expect((copy.json["forked_from"] as? [String: Any])?["name"] as? String == name)
            #expect(!copy.text.contains("sk-not-a-real-key"))
        }
    }

    @Test("a run: its pieces arrive one after the other, and a stream resumed at any event is the rest of the whole")
    func run() async throws {
        try await Deployment.with { deployment in
            let accepted = try await deployment.call("POST", "/v1/runs", #"{"messages":[{"role":"user","content":"Hello there"}]}"#)
            #expect(accepted.status == 202, "\(accepted.text)")
            let id = try #require(accepted.json["id"] as? String)
            let arrivals = Mutex<[ContinuousClock.Instant]>([])
            let whole = Mutex("")
            try await deployment.events(of: id) { text in
                if text.contains("text.delta") { arrivals.withLock { $0.append(.now) } }
                whole.withLock { $0 += text }
                return true
            }
            let times = arrivals.withLock { $0 }
            // All at once at the end is how a buffered stream looks.
            #expect(times.count > 5 && times[times.count - 1] - times[0] > .milliseconds(150))
            let frames = Frames.of(whole.withLock { $0 })
            #expect(frames.last?.data.contains("run.completed") == true)
            for index in frames.indices.dropLast() {
                let rest = Mutex("")
                try await deployment.events(of: id, after: frames[index].id) { text in
                    rest.withLock { $0 += text }
                    return true
                }
                #expect(Frames.of(rest.withLock { $0 }) == Array(frames[(index + 1)...]))
            }
        }
    }

    @Test("a build profile: the command's exit code is passed on, and the profile is stored")
    func profile() async throws {
        try await Deployment.with { deployment in
            let result = try await deployment.command("profile", "--step", "test", "--", "/bin/sh", "-c", "exit 7")
            #expect(result.status == 7, "\(result.errors)")
            #expect(result.errors.contains("/v1/build-profiles/"))
            try await eventually { (try await deployment.call("GET", "/v1/build-profiles").json["items"] as? [Any])?.count == 1 }
            let report = try await deployment.command("report", "build-memory", "--json")
            #expect(report.status == 0 && report.output.contains("\"test\""), "\(report.errors)")
        }
    }

    @Test("100 clients send 10,000 tickets and repeat at random under the same keys: there are 10,000 tickets")
    func retriedTickets() async throws {
        try await Deployment.with(variables: ["MAINSTAY_DATABASE_POOL_SIZE": "8"]) { deployment in
            let total = 10_000
            try await withThrowingTaskGroup(of: Void.self) { clients in
                for client in 0..<100 {
                    clients.addTask {
                        var generator = SystemRandomNumberGenerator()
                        for number in stride(from: client, to: total, by: 100) {
                            let body = #"{"subject":"Ticket \#(number)","body":"b"}"#
                            let times = Int.random(in: 0..<10, using: &generator) < 3 ? 2 : 1
                            var ids: Set<String> = []
                            for _ in 0..<times {
                                let answer = try await deployment.call("POST", "/v1/tickets", body, headers: ["idempotency-key": "key-\(number)"])
                                #expect(answer.status == 202, "\(answer.text)")
                                ids.insert(answer.json["id"] as? String ?? "none")
                            }
                            #expect(ids.count == 1)
                        }
                    }
                }
                try await clients.waitForAll()
            }
            try await eventually(timeout: .seconds(60), "10,000 tickets") { try await Self.tickets(deployment) == total }
            let other = try await deployment.call("POST", "/v1/tickets", #"{"subject":"x","body":"y"}"#, headers: ["idempotency-key": "key-1"])
            #expect(other.status == 422)
            let again = try await deployment.call(
                "POST", "/v1/tickets", #"{"subject":"Ticket 1","body":"b"}"#, headers: ["idempotency-key": "key-1"])
            #expect(again.status == 202 && again.json["state"] as? String == "done", "\(again.text)")
        }
    }

    static func tickets(_ deployment: Deployment) async throws -> Int {
        let report = try await deployment.command("report", "queue-health", "--json")
        let object = try JSONSerialization.jsonObject(with: Data(report.output.utf8)) as? [String: Any]
        let row = (object?["rows"] as? [[String: Any]])?.first { $0["kind"] as? String == "ticket.create" }
        return row?["done"] as? Int ?? 0
    }

    @Test("SIGTERM ends ingress and workers with exit code 0")
    func orderlyEnd() async throws {
        try await Deployment.with { deployment in
            #expect(await deployment.end("work-0") == 0)
            #expect(await deployment.end("serve") == 0)
        }
    }

    @Test("chat prints the answer and nothing else on standard output; reports and lists have a table and JSON")
    func commands() async throws {
        try await Deployment.with { deployment in
            let chat = try await deployment.command("chat", "--model", "scripted-fast", "Hello")
            #expect(chat.status == 0 && chat.output.count > 10, "\(chat.errors)")
            let json = try await deployment.command("chat", "--json", "--model", "scripted-fast", "Hello")
            #expect(json.output.split(separator: "\n").last?.contains("run.completed") == true)
            for name in ["sla-compliance", "run-latency", "run-slo", "model-usage", "build-memory", "fork-activity", "queue-health", "discovery"] {
                let report = try await deployment.command("report", name)
                #expect(report.status == 0, "\(name): \(report.errors)")
            }
            #expect(try await deployment.command("report", "nonsense").status == 64)
            #expect(try await deployment.command("queues", "--json").output.hasPrefix("{\"version\":1"))
            // The servers of a test do not sync their disks, and the doctor finds it.
            let doctor = try await deployment.command("doctor")
            #expect(doctor.status == 2 && doctor.output.contains("forced on every tenant table"), "\(doctor.output)")
            #expect(doctor.output.contains("none in the registry"), "\(doctor.output)")
            let metrics = try await deployment.call("GET", "/metrics").text
            #expect(metrics.contains("mainstay_queue_backlog_jobs{queue=\"tickets\",state=\"ready\"}"))
        }
    }

    @Test("chat shows a memory that the model writes, and the next conversation is told of it")
    func memory() async throws {
        try await Deployment.with { deployment in
            let text = "Use memory_write: I drink Assam tea"
            let first = try await deployment.command("chat", "--memory", "--model", "scripted-fast", text)
            #expect(first.status == 0 && first.output.contains("The tool answered"), "\(first.output) \(first.errors)")
            #expect(first.errors.contains("[tool] memory_write {\"content\":\"\(text)\"}"), "\(first.errors)")
            #expect(first.errors.contains("[memory] create for the workspace: \(text)"), "\(first.errors)")
            let items = try await deployment.call("GET", "/v1/memories?q=assam").json["items"] as? [[String: Any]]
            #expect(items?.map { $0["content"] as? String } == [text])
            let second = try await deployment.command("chat", "--memory", "--model", "scripted-fast", "Which tea?")
            #expect(second.output.contains("Notes from earlier conversations"), "\(second.output)")
            let without = try await deployment.command("chat", "--model", "scripted-fast", "Which tea?")
            #expect(!without.output.contains("Notes from earlier conversations"))
        }
    }

    @Test("chat takes its question from standard input, and several line by line, each with what was said before")
    func conversation() async throws {
        try await Deployment.with { deployment in
            func piped(_ text: String, _ words: String) async throws -> Program.Result {
                let command = "printf '%s' '\(text)' | '\(try Deployment.program)' chat --model scripted-fast \(words)"
                return try await Program.run(words: ["/bin/sh", "-c", command], environment: deployment.environment)
            }
            let alone = try await piped("First line,\nsecond line", "-")
            #expect(alone.status == 0 && alone.output.contains("second line"), "\(alone.output) \(alone.errors)")
            let several = try await piped("My boat is called Tern\nWhat is it called?\n", "--interactive")
            #expect(several.status == 0, "\(several.errors)")
            #expect(several.output.contains("called Tern") && several.output.contains("That was your message number 2."), "\(several.output)")
            let nothing = try await piped("", "-")
            #expect(nothing.status == 64 && nothing.errors.contains("standard input has no question"), "\(nothing.errors)")
        }
    }

    @Test("a queue is paused, a job that waits in it is cancelled, the queue goes on; everything is accounted for")
    func control() async throws {
        try await Deployment.with { deployment in
            let paused = try await deployment.command("queues", "pause", "tickets", "--reason", "a look at it")
            #expect(paused.status == 0 && paused.output == "paused tickets\n", "\(paused.errors)")
            #expect(try await deployment.command("queues", "pause", "nonsense").status == 64)
            // Workers hear of it within a second; until then they may still take one.
            var waiting = ""
            try await eventually("a ticket is left alone") {
                waiting = try await deployment.call("POST", "/v1/tickets", #"{"subject":"s","body":"b"}"#).json["id"] as? String ?? ""
                return try await deployment.call("GET", "/v1/jobs/\(waiting)?wait=1s").json["state"] as? String == "queued"
            }
            let list = try await deployment.command("queues", "--seconds", "0")
            #expect(list.output.contains("paused: a look at it"), "\(list.output)")
            let cancelled = try await deployment.command("jobs", "cancel", waiting)
            #expect(cancelled.status == 0 && cancelled.output.hasPrefix("asked for"), "\(cancelled.errors)")
            #expect(try await deployment.command("verify").status == 0, "a waiting job is accounted for")
            #expect(try await deployment.command("queues", "resume", "tickets").status == 0)
            #expect(try await deployment.outcome(of: waiting) == "cancelled")
            #expect(try await deployment.call("GET", "/v1/tickets/\(waiting)").status == 404)
            let verified = try await deployment.command("verify", "--json")
            #expect(verified.status == 0 && verified.output.contains("\"unaccounted\""), "\(verified.output) \(verified.errors)")
            #expect(try await deployment.command("dead", "list", "--json").status == 0)
            #expect(try await deployment.command("dead", "replay", waiting).status == 2, "nothing matches")
        }
    }

    @Test("an ingress that would pass row-level security by does not start, and says what to do")
    func unsafeRole() async throws {
        let database = try await TestDatabase.make()
        let environment = [
            "PATH": "/usr/bin:/bin", "MAINSTAY_DATABASE_URL": database.superuserURL, "MAINSTAY_REDIS_URL": database.stack.redisURL,
        ]
        let result = try await Program.run(["serve", "--port", "\(Int.random(in: 10_000...19_999))"], environment: environment)
        #expect(result.status != 0)
        #expect(result.errors.contains("superuser") && result.errors.contains("mainstay_server"))
    }
}

/// The events of a stream, comments left out.
struct Frames: Equatable {
    let id: String
    let data: String

    static func of(_ text: String) -> [Frames] {
        text.split(separator: "\n\n").compactMap { frame in
            var id = ""
            var data = ""
            for line in frame.split(separator: "\n") {
                if line.hasPrefix("id:") { id = line.dropFirst(3).trimmingCharacters(in: .whitespaces) }
                if line.hasPrefix("data:") { data += line.dropFirst(5).trimmingCharacters(in: .whitespaces) }
            }
            return data.isEmpty ? nil : Frames(id: id, data: data)
        }
    }
}
