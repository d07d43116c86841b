import BuildMemory
import Foundation
import Jobs
import Synchronization
import UnixSignals

/// The live view: looks at the fleet, draws, listens to keys, and leaves the terminal as it was.
///
/// Looking and drawing are apart: a store that takes its time holds up neither a key nor a change of the window's size.
struct TopScreen: Sendable {
    let reader: FleetReader
    let interval: Duration
    let style: TextStyle

    /// What is to be drawn.
    private final class View: Sendable {
        struct State {
            var overview: FleetOverview?
            var history = TopHistory()
            var fault: String?
            /// Changes with every look.
            var version = 0
        }

        private let state = Mutex(State())

        var now: State { state.withLock { $0 } }

        func took(_ overview: FleetOverview) {
            state.withLock { state in
                state.overview = overview
                state.history.add(overview)
                state.fault = nil
                state.version += 1
            }
        }

        func failed(_ fault: String) {
            state.withLock { state in
                state.fault = fault
                state.version += 1
            }
        }
    }

    private struct Drawn: Equatable {
        let version: Int
        let columns: Int
        let lines: Int
    }

    /// How soon a key or a new size is noticed.
    private static let tick = Duration.milliseconds(50)

    /// Runs until `q`, ^C or a signal that ends processes.
    func run() async {
        // Before the terminal changes: nothing may end the process in between.
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let before = Terminal.enter()
        defer { Terminal.leave(before) }
        let hasKeys = before != nil
        let view = View()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await look(view) }
            group.addTask { await show(view, hasKeys: hasKeys) }
            group.addTask { for await _ in signals { return } }
            await group.next()
            group.cancelAll()
        }
    }

    /// Looks until it is cancelled.
    private func look(_ view: View) async {
        while !Task.isCancelled {
            let begun = ContinuousClock.now
            do {
                view.took(try await reader.overview())
            } catch {
                if Task.isCancelled { return }
                view.failed("\(error)")
            }
            try? await Task.sleep(for: max(.milliseconds(50), interval - (ContinuousClock.now - begun)))
        }
    }

    /// Draws until a key asks for the end.
    private func show(_ view: View, hasKeys: Bool) async {
        var drawn: Drawn?
        while !Task.isCancelled {
            while hasKeys, let key = Terminal.key() {
                if Self.ends(key) { return }
                // Any other key draws anew, for a screen that something else has written to.
                drawn = nil
            }
            let state = view.now
            let size = Terminal.size() ?? (columns: style.width, lines: 24)
            let wanted = Drawn(version: state.version, columns: size.columns, lines: size.lines)
            if wanted != drawn {
                Terminal.draw(frame(of: state, columns: size.columns, lines: size.lines, hasKeys: hasKeys), colour: style.colour)
                drawn = wanted
            }
            try? await Task.sleep(for: Self.tick)
        }
    }

    private func frame(of state: View.State, columns: Int, lines: Int, hasKeys: Bool) -> [TopLine] {
        guard let overview = state.overview else {
            let text = state.fault.map { TopLine("nothing could be looked at: \($0)", .alarm) } ?? TopLine("looking …", .faint)
            return [text.cut(to: columns)]
        }
        let frame = TopFrame(
            overview: overview, rates: state.history.rates, signs: style.unicode ? .unicode : .ascii, fault: state.fault,
            hint: hasKeys ? "q quits" : "^C quits")
        return frame.lines(width: columns, height: lines)
    }

    /// q, ^C, ^D.
    static func ends(_ key: UInt8) -> Bool {
        key == UInt8(ascii: "q") || key == UInt8(ascii: "Q") || key == 0x03 || key == 0x04
    }
}
