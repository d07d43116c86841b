import Postgres
import Redis
import Testing

@testable import Jobs

@Suite struct PatienceTests {
    @Test("the pauses double from 100 ms to 5 s, whatever is counted")
    func pauses() {
        var patience = Patience()
        var pauses: [Int] = []
        for _ in 0..<8 { pauses.append(patience.pause().milliseconds) }
        #expect(pauses == [100, 200, 400, 800, 1600, 3200, 5000, 5000])
    }

    @Test("the third failure beside a store that answers others is the work's: too slow when all were deadlines, broken off otherwise")
    func failures() {
        let (broke, late) = (PostgresError(.connection, "it broke"), PostgresError(.timeout, "late"))
        let cases: [([PostgresError], JobError.Code)] = [
            ([broke, broke, broke], .brokenOff), ([late, late, late], .tooSlow), ([late, broke, late], .brokenOff),
        ]
        for (errors, code) in cases {
            var patience = Patience()
            let answers = errors.map { patience.failed(with: $0, on: "test.kind") }
            #expect(answers.map { $0?.code } == [nil, nil, code])
        }
        #expect(Failure(JobError(.brokenOff, subject: "k", message: "m")) == .failed(permanent: false, code: "broken_off"))
        #expect(Failure(JobError(.tooSlow, subject: "k", message: "m")) == .failed(permanent: false, code: "too_slow"))
    }

    @Test(
        "what keeps everybody from writing or connecting is not the work's, whoever is answered",
        arguments: [
            ("53200", true), ("57P01", true), ("40P01", true), ("25006", false), ("53100", false), ("53300", false), ("57P03", false),
        ])
    func everybody(_ state: String, _ mayBeOfTheWork: Bool) {
        #expect(PostgresError(.server, "m", sqlState: state).mayBeOfTheWork == mayBeOfTheWork)
        #expect(PostgresError(.connection, "m").mayBeOfTheWork && PostgresError(.timeout, "m").mayBeOfTheWork)
        #expect(!PostgresError(.overloaded, "m").mayBeOfTheWork)
    }

    @Test("of a handler with a transaction only its database may be away; other stores it misses itself")
    func handlers() {
        let away = PostgresError(.connection, "refused")
        #expect(Failure(ofTransaction: away) == .storeUnavailable)
        let own: [any Error] = [RedisError(.timeout, "no reply"), JobError(.unavailable, subject: "ledger", message: "away", cause: away)]
        for error in own {
            #expect(Failure(error) == .storeUnavailable)
            #expect(Failure(ofTransaction: error) == .failed(permanent: false, code: "unavailable"))
        }
        #expect(Failure(ofTransaction: RedisError(.cancelled, "c")) == .cancelled)
        #expect(Failure(ofTransaction: JobError(.fenced, subject: "w", message: "dead")) == .fenced)
        #expect(Failure(ofTransaction: CancellationError()) == .cancelled)
    }
}
