import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Metrics
import Postgres
import Web

/// `/metrics`: what was counted since the start, and what the queues and pools are at this moment.
struct MetricsPage: Sendable {
    let registry: PrometheusRegistry
    let pool: PostgresPool
    /// Nil in a worker, which does not measure queues.
    let producer: JobProducer?

    var routes: RouteCollection<AppContext> {
        let routes = RouteCollection(context: AppContext.self)
        routes.get("/metrics") { _, _ in
            gauge()
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: .init(string: registry.text())))
        }
        return routes
    }

    private func gauge() {
        let statistics = pool.statistics
        set("mainstay_postgres_pool_connections", [("state", "idle")], Double(statistics.idle))
        set("mainstay_postgres_pool_connections", [("state", "busy")], Double(statistics.open - statistics.idle))
        set("mainstay_postgres_pool_connections", [("state", "waited_for")], Double(statistics.waiting))
        for (queue, backlog) in producer?.backlogs ?? [:] {
            set("mainstay_queue_backlog_jobs", [("queue", queue), ("state", "ready")], Double(backlog.ready - backlog.running))
            set("mainstay_queue_backlog_jobs", [("queue", queue), ("state", "running")], Double(backlog.running))
            set("mainstay_queue_backlog_jobs", [("queue", queue), ("state", "parked")], Double(backlog.parked))
            set("mainstay_queue_backlog_jobs", [("queue", queue), ("state", "later")], Double(backlog.later))
            set("mainstay_queue_oldest_age_seconds", [("queue", queue)], backlog.oldestAge?.inSeconds ?? 0)
            set("mainstay_queue_workers", [("queue", queue)], Double(backlog.workers))
        }
        // A queue that cannot be measured shows no stale number but that it is unknown.
        for queue in producer.map({ _ in Features.queues }) ?? [] {
            set("mainstay_queue_known", [("queue", queue)], producer?.backlogs[queue] == nil ? 0 : 1)
        }
    }

    private func set(_ name: String, _ labels: [(String, String)], _ value: Double) {
        registry.makeMeter(label: name, dimensions: labels).set(value)
    }
}
