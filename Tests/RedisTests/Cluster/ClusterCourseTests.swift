import NIOCore
import Testing

@testable import Redis

@Suite struct ClusterCourseTests {
    private let a = ClusterAddress(host: "a", port: 1)
    private let b = ClusterAddress(host: "b", port: 2)

    private func course(_ commands: RedisCommand...) throws -> ClusterCourse {
        ClusterCourse(errands: try commands.map { try ClusterErrand($0) })
    }

    @Test("answers keep their places, in whatever round they come")
    func order() throws {
        var course = try course(RedisCommand("GET", "x"), RedisCommand("GET", "y"))
        course.begin()
        let slot = try #require(course.errands[0].slot)
        #expect(course.replied(.error("MOVED \(slot.number) b:2"), to: 0, from: a) == .moved(slot, b))
        #expect(course.replied(.integer(2), to: 1, from: a) == nil)
        #expect(course.open == [0] && course.hasAnswers && !course.needsPause)
        course.begin()
        #expect(course.replied(.integer(1), to: 0, from: b) == nil)
        #expect(course.open.isEmpty && course.answers == [.integer(1), .integer(2)])
    }

    @Test("an ASK sends one command on for once, and its next try goes by the map again")
    func detour() throws {
        var course = try course(RedisCommand("GET", "x"))
        let number = try #require(course.errands[0].slot).number
        #expect(course.replied(.error("ASK \(number) b:2"), to: 0, from: a) == nil)
        #expect(course.errands[0].detour == b && course.open == [0])
        // ASKING and the command in one write, and the reply to ASKING is nobody's.
        let request = CommandRequest(course.errands, label: "GET", limit: TimeLimit(.seconds(1)))
        #expect(request.commandCount == 2)
        #expect(String(buffer: request.bytes) == "*1\r\n$6\r\nASKING\r\n*2\r\n$3\r\nGET\r\n$1\r\nx\r\n")
        #expect(Reply.many([.simple("OK"), .integer(7)]).replies(to: course.errands) == [.integer(7)])
        #expect(course.replied(.error("TRYAGAIN"), to: 0, from: b) == nil)
        #expect(course.errands[0].detour == nil && course.needsPause)
    }

    @Test("a pipeline in which only some were sent on writes ASKING before those alone")
    func mixedDetour() throws {
        var course = try course(RedisCommand("GET", "x"), RedisCommand("GET", "y"))
        let number = try #require(course.errands[1].slot).number
        _ = course.replied(.error("ASK \(number) b:2"), to: 1, from: a)
        let request = CommandRequest(course.errands, label: "pipeline of 2", limit: TimeLimit(.seconds(1)))
        #expect(request.commandCount == 3)
        #expect(Reply.many([.integer(1), .simple("OK"), .integer(2)]).replies(to: course.errands) == [.integer(1), .integer(2)])
    }

    @Test("nodes that send a command round and round are believed eight times, with pauses from the second")
    func round() throws {
        var course = try course(RedisCommand("GET", "x"))
        let slot = try #require(course.errands[0].slot)
        for turn in 1...ClusterErrand.maximumRedirects {
            course.begin()
            #expect(course.replied(.error("MOVED \(slot.number) b:2"), to: 0, from: a) == .moved(slot, b))
            #expect(course.needsPause == (turn > 1))
        }
        course.begin()
        _ = course.replied(.error("MOVED \(slot.number) b:2"), to: 0, from: a)
        #expect(course.open.isEmpty)
        guard case .error(let text) = course.answers[0] else {
            Issue.record("no error but \(course.answers)")
            return
        }
        #expect(RedisError(serverReply: text, command: "GET").isRetryable, "\(text)")
    }

    @Test("when time is over a refusal is answered as what it was, retryable; a command that met no node is a timeout")
    func over() throws {
        var refused = try course(RedisCommand("GET", "x"))
        _ = refused.replied(.error("CLUSTERDOWN The cluster is down"), to: 0, from: a)
        try refused.giveUp(label: "GET", limit: TimeLimit(.seconds(1)))
        #expect(refused.answers == [.error("CLUSTERDOWN The cluster is down")])

        var script = try course(RedisCommand("EVAL", "return 1", 1, "x"))
        let number = try #require(script.errands[0].slot).number
        _ = script.replied(.error("ASK \(number) b:2"), to: 0, from: a)
        #expect(script.errands[0].detour == nil && script.needsPause)
        try script.giveUp(label: "EVAL", limit: TimeLimit(.seconds(1)))
        #expect(script.answers.first?.isRetryableError == true)

        var unsent = try course(RedisCommand("GET", "x"), RedisCommand("GET", "y"))
        unsent.unsent(0)
        let error = #expect(throws: RedisError.self) { try unsent.giveUp(label: "pipeline of 2", limit: TimeLimit(.seconds(1))) }
        #expect(error?.code == .timeout && error?.mayHaveExecuted == false)
    }
}

extension RedisValue {
    fileprivate var isRetryableError: Bool {
        guard case .error(let text) = self else { return false }
        return RedisError(serverReply: text, command: nil).isRetryable
    }
}
