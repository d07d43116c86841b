import Jobs
import Postgres

/// Takes away what reports leave behind and nobody needs: keys of days that are over, and full buckets.
struct ReportHousekeeping: PeriodicTask {
    let name = "directory.report-housekeeping"
    let interval = Duration.seconds(3600)
    let pool: PostgresPool

    func run() async throws {
        _ = try await pool.transaction(.role(.upkeep)) { try await ReportStore.clean(in: $0) }
    }
}
