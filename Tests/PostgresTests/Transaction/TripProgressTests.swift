import Testing

@testable import Postgres

/// Which error a caller gets, and what it says about COMMIT.
@Suite struct TripProgressTests {
    private let committing = Trip(
        steps: [
            .init(part: .begin, submission: Submission(TransactionSQL.begin)),
            .init(part: .work, submission: Submission(Statement("-- work\nselect 1"))),
            .init(part: .end, submission: Submission(TransactionSQL.commit)),
        ], isCommitting: true)

    private func fault(_ state: String, _ severity: String = "ERROR") -> ServerFault {
        ServerFault(severity: severity, sqlState: state, message: "said the server")
    }

    @Test func `an error of a statement is its own, and nothing is unknown`() {
        var progress = TripProgress(committing, behindPooler: false)
        progress.failed(step: 1, with: fault("23505"))
        #expect(progress.failure?.statement == "work")
        #expect(progress.failure?.code == .server)
        #expect(progress.failure?.commitUnknown == false)
    }

    @Test(arguments: [
        ("23503", "ERROR", false), ("40001", "ERROR", false), ("57P01", "FATAL", true), ("40003", "ERROR", true), ("XX000", "PANIC", true),
        ("58030", "ERROR", true),
        ("08006", "ERROR", true),
    ]) func `an error of COMMIT leaves it unknown only when the server cannot know`(state: String, severity: String, unknown: Bool) {
        var progress = TripProgress(committing, behindPooler: false)
        progress.failed(step: 2, with: fault(state, severity))
        #expect(progress.failure?.commitUnknown == unknown)
    }

    @Test func `a pooler speaks for a server that it lost, so COMMIT is unknown`() {
        for (behindPooler, unknown) in [(false, false), (true, true)] {
            var progress = TripProgress(committing, behindPooler: behindPooler)
            progress.failed(step: 1, with: fault("08P01", "FATAL"))
            #expect(progress.failure?.commitUnknown == unknown)
            #expect(progress.failure?.code == .connection)
        }
    }

    @Test(arguments: [
        (Exchange.Failure.expired, PostgresError.Code.timeout), (.cancelExpired, .cancelled), (.broken("gone"), .connection),
        (.unexpected("?"), .usage),
    ]) func `a trip that ended early leaves its COMMIT unknown`(cause: Exchange.Failure, code: PostgresError.Code) {
        let error = TripProgress(committing, behindPooler: false).error(after: cause)
        #expect(error.code == code)
        #expect(error.commitUnknown)
        var reading = committing
        reading.isCommitting = false
        #expect(!TripProgress(reading, behindPooler: false).error(after: cause).commitUnknown)
    }

    @Test func `an answered error comes before the end of the connection`() {
        var progress = TripProgress(committing, behindPooler: false)
        progress.failed(step: 1, with: fault("57P01", "FATAL"))
        let error = progress.error(after: .broken("gone"))
        #expect(error.sqlState == "57P01")
        #expect(!error.commitUnknown)
    }

    @Test func `57014 is a cancellation only when the task was cancelled`() {
        let progress = TripProgress(committing, behindPooler: false)
        let stopped = PostgresError(.server, "canceling statement", sqlState: "57014")
        #expect(progress.error(stopped, wasCancelled: true).code == .cancelled)
        #expect(progress.error(stopped, wasCancelled: false).code == .server)
        #expect(progress.error(PostgresError(.server, "duplicate", sqlState: "23505"), wasCancelled: true).code == .server)
    }
}
