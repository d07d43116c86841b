import TestSupport
import Testing

@testable import Inference

/// What runs of the fixture's workspace cost and used.
extension InferenceFixture {
    /// Makes the workspace, with a dollar for a token of input to the test model and two for one of output.
    func pricedSetup() async throws -> InferenceSetup {
        _ = try await database.psql("insert into workspaces (id, slug, name) values ('\(workspace)', 'mine', 'Mine')")
        let configuration = InferenceSetup.Configuration(prices: try PriceTable(["test-model 1000000 2000000"]))
        return InferenceSetup(configuration: configuration, pool: pool, logger: logger)
    }

    /// Lets the database's clock go on from a noon of UTC: what follows is counted for one day, whenever it takes place.
    func beginAtNoon() async throws {
        _ = try await database.psql(
            """
            update time_offset
            set amount = (date_trunc('day', clock_timestamp() at time zone 'UTC') at time zone 'UTC') + interval '12 hours' - clock_timestamp()
            """)
    }

    /// What is counted for today.
    func day() async throws -> BudgetStore.Usage {
        let days = try await BudgetStore(pool: pool).usage(workspace: workspace, days: 2)
        return try #require(days.first)
    }
}
