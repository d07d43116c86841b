import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A TCP proxy on 127.0.0.1 that can stop forwarding without closing anything: what a network does that swallows packets.
/// It also counts round trips: how often a client spoke after the server had.
final class TestProxy: Sendable {
    private struct State {
        var isFrozen = false
        var isDown = false
        var isStopped = false
        var isCutting = false
        var roundTrips = 0
    }

    private struct Link {
        let client: Int32
        let server: Int32
        var serverSpokeLast = true

        func closeBoth() { for end in [client, server] { close(end) } }
    }

    let port: Int
    private let state = Mutex(State())

    init(to targetPort: Int) throws {
        let (listener, port) = try Socket.listen(on: 0)
        self.port = port
        Thread.detachNewThread { [self] in forward(from: listener, to: targetPort) }
    }

    var roundTrips: Int { state.withLock { $0.roundTrips } }

    /// From now on nothing passes in either direction, and new connections are accepted and left alone.
    func freeze() { state.withLock { $0.isFrozen = true } }
    func thaw() { state.withLock { $0.isFrozen = false } }

    /// Closes all connections; from now on new ones are refused.
    func goDown() { state.withLock { $0.isDown = true } }
    func comeBack() { state.withLock { $0.isDown = false } }

    /// Closes all connections that are there now.
    func cut() { state.withLock { $0.isCutting = true } }

    func stop() { state.withLock { $0.isStopped = true } }

    /// The same URL through this proxy.
    func url(_ url: String, port target: Int) -> String { url.replacing(":\(target)/", with: ":\(port)/") }

    private func forward(from firstListener: Int32, to targetPort: Int) {
        var listener = firstListener
        var links: [Link] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let state = state.withLock { state in
                defer { state.isCutting = false }
                return state
            }
            if state.isStopped || state.isDown || state.isCutting {
                for link in links { link.closeBoth() }
                links = []
            }
            if state.isStopped || state.isDown, listener >= 0 {
                close(listener)
                listener = -1
            }
            if state.isStopped { return }
            if !state.isDown, listener < 0 { listener = (try? Socket.listen(on: port).listener) ?? -1 }

            var ends = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
            for link in links where !state.isFrozen {
                for end in [link.client, link.server] { ends.append(pollfd(fd: end, events: Int16(POLLIN), revents: 0)) }
            }
            // A short turn, so that freezing and cutting take effect without a signal.
            guard poll(&ends, nfds_t(ends.count), 5) > 0 else { continue }
            if !state.isFrozen { pass(&links, ends: ends.dropFirst(), buffer: &buffer) }
            if ends[0].revents != 0, let link = Self.accept(from: listener, to: targetPort) { links.append(link) }
        }
    }

    private func pass(_ links: inout [Link], ends: ArraySlice<pollfd>, buffer: inout [UInt8]) {
        let ready = Set(ends.lazy.filter { $0.revents != 0 }.map(\.fd))
        links = links.compactMap { link in
            var link = link
            for (from, to) in [(link.client, link.server), (link.server, link.client)] where ready.contains(from) {
                let count = read(from, &buffer, buffer.count)
                guard count > 0, Socket.sendAll(to, buffer.prefix(count)) else {
                    link.closeBoth()
                    return nil
                }
                if from == link.client, link.serverSpokeLast { state.withLock { $0.roundTrips += 1 } }
                link.serverSpokeLast = from == link.server
            }
            return link
        }
    }

    private static func accept(from listener: Int32, to targetPort: Int) -> Link? {
        guard let client = Socket.accept(from: listener) else { return nil }
        guard let server = Socket.connect(to: targetPort) else {
            close(client)
            return nil
        }
        return Link(client: client, server: server)
    }
}
