import ArgumentParser
import BuildMemory
import Foundation
import Jobs
import Logging

/// `mainstay top`: the fleet as it works.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Watch queues, workers and handlers live.",
        discussion: """
            Per queue: `ready` waits for a worker, `running` is in the hands of one, `parked` waits for a place, `later` for its time; the
            age of the oldest that waits, jobs done a second over the last five, and the time until nothing is ready, running or parked
            at that rate. Per worker: what it has in its hands, the longest first. A worker that is `silent` has told nothing for 15
            seconds, and is dead for others only when its lease has run out. What is not known is a dash and never a zero.

            The q key quits. Without a terminal, one frame is printed as with --once. --json prints one object a look, with times in UTC.

            EXAMPLES
              mainstay top
              mainstay top --seconds 5
              mainstay top --once
              mainstay top --json | jq '.queues[] | select(.known | not)'
            """)

    @OptionGroup var settings: SettingsOptions
    @Option(help: "Seconds between two looks, from 0.2 to 60.") var seconds: Double = 1
    @Flag(help: "Print one frame and end. Rates are over --seconds.") var once = false
    @Flag(help: "One JSON object a line for each look; with --once a single one.") var json = false

    func validate() throws {
        guard (0.2...60).contains(seconds) else { throw ValidationError("--seconds takes 0.2 to 60") }
    }

    func run() async throws {
        let (interval, isJSON) = (Duration.seconds(seconds), json)
        let isLive = !once && !json && Terminal.isOutput
        let isEndless = json && !once
        let style = TextStyle(
            environment: ProcessInfo.processInfo.environment, isTerminal: Terminal.isOutput, columns: Terminal.size()?.columns, plain: false)
        // What a store logs would be written across the screen.
        try await Stores.with(try await settings.load(), for: "top", logLevel: .critical) { stores in
            let reader = FleetReader(pool: stores.pool, redis: stores.redis, configuration: stores.configuration, queues: Features.queues)
            if isLive { return await TopScreen(reader: reader, interval: interval, style: style).run() }
            // Rates are between two looks.
            _ = try await reader.overview()
            repeat {
                try await Task.sleep(for: interval)
                let overview = try await reader.overview()
                Terminal.write(try isJSON ? Self.line(overview) : Self.text(overview, style))
            } while isEndless
        }
    }

    /// One look as one line of JSON.
    static func line(_ overview: FleetOverview) throws -> String {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(overview), as: UTF8.self) + "\n"
    }

    /// One look as a frame of as many lines as it takes.
    static func text(_ overview: FleetOverview, _ style: TextStyle) -> String {
        var history = TopHistory()
        history.add(overview)
        let frame = TopFrame(overview: overview, rates: history.rates, signs: style.unicode ? .unicode : .ascii)
        return frame.lines(width: style.width, height: nil).map { $0.written(colour: style.colour) + "\n" }.joined()
    }
}
