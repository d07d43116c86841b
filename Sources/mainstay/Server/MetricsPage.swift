import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Postgres
import Web

/// `/metrics`: what was counted since the start, and what the queues and the pool are at this moment.
struct MetricsPage: Sendable {
    let registry: PrometheusRegistry
    let pool: PostgresPool
    /// Nil in a worker, which does not measure queues.
    let producer: JobProducer?

    var routes: RouteCollection<AppContext> {
        let routes = RouteCollection(context: AppContext.self)
        routes.get("/metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: .init(string: registry.text(with: samples))))
        }
        return routes
    }

    /// Nobody reports these: they are looked up for each scrape.
    private var samples: [Sample] {
        let statistics = pool.statistics
        var samples: [Sample] = []
        for (state, count) in [
            ("idle", statistics.idle), ("busy", statistics.open - statistics.idle), ("waited_for", statistics.waiting),
        ] {
            samples.append(Sample(.gauge, "mainstay_postgres_pool_connections", [("state", state)], Double(count)))
        }
        if let producer { samples += QueueSamples.of(producer.backlogs, rates: producer.rates, queues: Features.queues) }
        return samples
    }
}
