import Foundation
import Jobs
import Web

/// What the installation does at this moment. Its parts are sent again by the event stream, made by the same code.
enum OverviewPage {
    /// - Parameters:
    ///   - refresh: seconds after which a browser without JavaScript loads the page again; nil for never.
    static func main(_ overview: FleetOverview, _ visitor: Visitor, queues: [String], refresh: Int?, notice: HTML) -> HTML {
        let again: HTML =
            refresh == nil
            ? "<noscript><a href=\"/ops?refresh=5\">Load it again every 5 s</a></noscript>" : "<a href=\"/ops\">Stop loading it again</a>"
        return """
            <h1>Overview</h1>
            \(notice)
            <div data-events="/ops/events">
            \(parts(overview))
            </div>
            <p class="asof"><span id="sign"></span> \(again)</p>
            <h2>Pause or resume a queue</h2>
            \(control(visitor, queues: queues))
            """
    }

    /// What the event stream sends.
    static func parts(_ overview: FleetOverview) -> HTML {
        """
        <p class="asof" data-part="time">As of \(PageWords.moment(overview.at)) UTC</p>
        <section data-part="queues"><h2>Queues</h2>
        \(queues(overview.queues))
        </section>
        <section data-part="workers"><h2>Workers</h2>
        \(workers(overview.workers))
        </section>
        <section data-part="handlers"><h2>Handlers, the busiest first</h2>
        \(handlers(overview.handlers))
        </section>
        """
    }

    // MARK: Queues

    private static func queues(_ queues: [FleetOverview.Queue]) -> HTML {
        PageParts.table(
            head: """
                <th>Queue</th><th class="n">Ready</th><th class="n">Running</th><th class="n">Parked</th><th class="n opt">Later</th>\
                <th class="n">Oldest</th><th class="n opt">Rate</th><th class="n">Empty in</th><th class="n opt">Workers</th>
                """,
            rows: queues.map { row($0) }, empty: "There are no queues.")
    }

    private static func row(_ queue: FleetOverview.Queue) -> HTML {
        """
        <tr><td><a href="\(PageParts.queueAddress(queue.name))">\(queue.name)</a> \(sign(of: queue))</td>\
        <td class="n">\(PageWords.count(queue.ready))</td><td class="n">\(PageWords.count(queue.running))</td>\
        <td class="n">\(PageWords.count(queue.parked))</td><td class="n opt">\(PageWords.count(queue.later))</td>\
        <td class="n">\(oldest(queue))</td><td class="n opt">\(PageWords.rate(queue.perSecond))</td>\
        <td class="n">\(PageWords.length(queue.secondsToEmpty))</td><td class="n opt">\(PageWords.count(queue.workers))</td></tr>

        """
    }

    /// Of a queue that was measured, no age means that nothing waits.
    static func oldest(_ queue: FleetOverview.Queue) -> HTML {
        if queue.isKnown, queue.oldestAgeSeconds == nil { return PageWords.none }
        return PageWords.length(queue.oldestAgeSeconds)
    }

    static func sign(of queue: FleetOverview.Queue) -> HTML {
        var sign: HTML = ""
        if !queue.isKnown { sign += "<span class=\"state unknown\">not measured</span> " }
        if queue.isPaused {
            sign += "<span class=\"state paused\" title=\"\(queue.pauseReason ?? "no reason was given")\">paused</span> "
        }
        return sign
    }

    /// One form for all queues: it stands outside of what the event stream replaces, so that nobody's typing is lost.
    private static func control(_ visitor: Visitor, queues: [String]) -> HTML {
        let words = queues.map { (value: $0, text: $0) }
        return PageParts.form(
            "/ops/queues", visitor,
            """
            \(PageParts.choice("Queue", name: "queue", value: nil, of: words))
            \(PageParts.field("Reason, for those who wonder", name: "reason", value: nil, size: 28))
            <button name="act" value="pause" class="bad">Pause</button>
            <button name="act" value="resume">Resume</button>
            """)
    }

    // MARK: Workers

    private static func workers(_ workers: [FleetOverview.Worker]) -> HTML {
        PageParts.table(
            head: """
                <th>Worker</th><th>State</th><th class="opt">Queues</th><th class="n">Rate</th><th class="opt">Since</th><th>Runs</th>
                """,
            rows: workers.map { row($0) }, empty: "No worker has run within the last hour.")
    }

    private static func row(_ worker: FleetOverview.Worker) -> HTML {
        let queues = worker.queues.joined(separator: ", ")
        return """
            <tr><td><span title="\(worker.id.lowercased), \(worker.version)">\(worker.name)</span> <span class="none num opt">\(worker.host) \(worker.pid)</span></td>\
            <td>\(PageParts.state(worker.state))</td><td class="opt">\(queues)</td>\
            <td class="n">\(worker.state == "working" ? PageWords.rate(worker.perSecond) : PageWords.none)</td>\
            <td class="opt">\(PageWords.moment(worker.startedAt))</td><td>\(runs(worker))</td></tr>

            """
    }

    /// Of a worker that carries hundreds the longest are shown.
    private static let shown = 8

    private static func runs(_ worker: FleetOverview.Worker) -> HTML {
        guard !worker.running.isEmpty else { return PageWords.none }
        let lines = worker.running.prefix(shown).map { run($0) }
        let more = worker.running.count - lines.count
        let rest: HTML = more > 0 ? "<li class=\"none\">and \(more) more</li>" : ""
        return "<ul class=\"runs\">\(lines)\(rest)</ul>"
    }

    private static func run(_ running: FleetOverview.Running) -> HTML {
        var line: HTML = "<li>\(running.kind)"
        if let job = running.job {
            let id = job.lowercased
            line += " <a class=\"id\" href=\"\(PageAddress.path("ops", "jobs", id))\">\(PageWords.short(id))</a>"
        } else {
            line += " <span class=\"none\">×\(PageWords.grouped(running.jobs))</span>"
        }
        line += " <span class=\"num\">\(PageWords.length(running.seconds))</span>"
        if let progress = running.progress, progress.isFinite { line += " \(PageParts.progress(progress, note: running.note))" }
        return line + "</li>"
    }

    // MARK: Handlers

    private static func handlers(_ handlers: [FleetOverview.Handler]) -> HTML {
        PageParts.table(
            head: """
                <th>Kind</th><th class="n">Rate</th><th class="n">Mean</th><th class="n">Slowest</th>
                """,
            rows: handlers.map { row($0) }, empty: "No handler has run within the last seconds.")
    }

    private static func row(_ handler: FleetOverview.Handler) -> HTML {
        """
        <tr><td>\(handler.kind)</td><td class="n">\(PageWords.rate(handler.perSecond))</td>\
        <td class="n">\(PageWords.length(handler.meanSeconds))</td><td class="n">\(PageWords.length(handler.slowestSeconds))</td></tr>

        """
    }
}
