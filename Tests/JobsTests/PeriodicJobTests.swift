import Foundation
import Testing

@testable import Jobs

@Suite struct PeriodicJobTests {
    private static let tick = Date(timeIntervalSince1970: 1_780_000_200)

    private static func job(_ name: String = "test.nightly", cron: String = "@daily") throws -> PeriodicJob {
        try PeriodicJob(name: name, cron: cron, workspace: UUID(high: 1, low: 2)) { Note(text: "\(Int($0.timeIntervalSince1970))") }
    }

    @Test("a tick is one job wherever it is looked at, and each tick of each schedule is another")
    func identity() throws {
        let job = try Self.job()
        #expect(try job.id(of: Self.tick) == Self.job(cron: "*/5 * * * *").id(of: Self.tick), "what counts is the name and the instant")
        let ids = try ["a", "b", "test.nightly"].flatMap { name in
            try (0..<500).map { try Self.job(name).id(of: Self.tick.addingTimeInterval(Double($0) * 60)) }
        }
        #expect(Set(ids).count == ids.count)
        #expect(Set(ids.map { $0.words.low }).count == ids.count, "the derived part alone tells them apart")
    }

    @Test("a tick's job never gets another id: releases side by side would run it twice")
    func pinned() throws {
        #expect(try Self.job().id(of: Self.tick).lowercased == "019e7047-9540-8c62-947e-39ffc3239d72")
    }

    @Test("its id lies in the day of its tick")
    func day() throws {
        let id = try Self.job().id(of: Self.tick)
        #expect(id.version7Milliseconds == 1_780_000_200_000)
        #expect(Array(id.lowercased)[14] == "8" && "89ab".contains(Array(id.lowercased)[19]))
    }

    @Test("its key is the same each time, and none that a producer can send")
    func key() throws {
        let job = try Self.job(String(repeating: "n", count: 100))
        let key = job.idempotency(of: Self.tick)
        #expect(key == job.idempotency(of: Self.tick))
        #expect(key != job.idempotency(of: Self.tick.addingTimeInterval(60)))
        #expect(key.key.contains(" ") && key.key.utf8.count <= 255 && key.digest.count == 32)
    }

    @Test("its body is made from the tick's date")
    func body() throws {
        let job = try Self.job()
        #expect(String(decoding: try job.body(of: Self.tick), as: UTF8.self) == #"{"failures":0,"isPermanent":false,"text":"1780000200"}"#)
        #expect(job.kind == Note.kind)
    }

    @Test("an expression that cannot be read is refused where the job is made")
    func refused() throws {
        let error = try #require(throws: CronError.self) { _ = try Self.job(cron: "0 25 * * *") }
        #expect(error.field == .hour && error.text == "25")
    }
}
