import Jobs
import Web

/// One queue: its numbers, and the forms that stop it and let it go on.
enum QueuePage {
    static func main(_ queue: FleetOverview.Queue, _ visitor: Visitor, notice: HTML) -> HTML {
        """
        <h1>Queue \(queue.name) \(OverviewPage.sign(of: queue))</h1>
        \(notice)
        <dl>
        \(PageParts.fact("Ready", PageWords.count(queue.ready)))\
        \(PageParts.fact("Running", PageWords.count(queue.running)))\
        \(PageParts.fact("Parked", PageWords.count(queue.parked)))\
        \(PageParts.fact("Later", PageWords.count(queue.later)))\
        \(PageParts.fact("Oldest", OverviewPage.oldest(queue)))\
        \(PageParts.fact("Rate", PageWords.rate(queue.perSecond)))\
        \(PageParts.fact("Empty in", PageWords.length(queue.secondsToEmpty)))\
        \(PageParts.fact("Workers", PageWords.count(queue.workers)))\
        \(queue.isPaused ? PageParts.fact("Paused", HTML(text: queue.pauseReason ?? "no reason was given")) : HTML.empty)
        </dl>
        \(queue.isPaused ? resume(queue.name, visitor) : pause(queue.name, visitor))
        <p><a href="\(PageAddress.query("/ops/dead-letters", [(name: "queue", value: queue.name)]))">Its dead letters</a></p>
        """
    }

    private static func pause(_ queue: String, _ visitor: Visitor) -> HTML {
        PageParts.confirmed(
            "Pause this queue …", action: "/ops/queues", visitor,
            warning: "Jobs are accepted and wait; workers finish what they have in their hands. It is heard within a second.",
            content: """
                \(PageParts.hidden("queue", queue))
                \(PageParts.hidden("back", queue))
                \(PageParts.field("Reason, for those who wonder", name: "reason", value: nil, size: 28))
                <button name="act" value="pause" class="bad">Pause \(queue)</button>
                """)
    }

    private static func resume(_ queue: String, _ visitor: Visitor) -> HTML {
        PageParts.form(
            "/ops/queues", visitor,
            """
            \(PageParts.hidden("queue", queue))
            \(PageParts.hidden("back", queue))
            <button name="act" value="resume" class="main">Resume \(queue)</button>
            """)
    }
}
