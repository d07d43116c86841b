import Foundation
import Synchronization
import UnixSignals

/// What Ctrl-C means at any moment of a chat: it cancels the answer that is under way, a second one does not wait for its end, and where
/// nothing is under way it ends the chat.
struct ChatInterruption: Equatable {
    enum Action: Equatable {
        case cancel(run: String)
        /// The run that is being asked for is cancelled as soon as it has an id.
        case keep
        case leave
    }

    private enum State: Equatable {
        case idle
        case asking(isWished: Bool)
        case running(String, isWished: Bool)
    }

    private var state = State.idle

    /// A run is about to be asked for.
    mutating func asks() { state = .asking(isWished: false) }

    /// It was accepted; true when it is to be cancelled at once.
    mutating func begins(_ run: String) -> Bool {
        let isWished = state == .asking(isWished: true)
        state = .running(run, isWished: isWished)
        return isWished
    }

    /// It is over, or nobody follows it any more.
    mutating func ends() { state = .idle }

    mutating func interrupt() -> Action {
        switch state {
        case .asking(isWished: false):
            state = .asking(isWished: true)
            return .keep
        case .running(let run, isWished: false):
            state = .running(run, isWished: true)
            return .cancel(run: run)
        case .idle, .asking, .running: return .leave
        }
    }
}

/// Listens to Ctrl-C while a chat goes on.
final class ChatInterrupts: Sendable {
    private let client: APIClient
    private let interruption = Mutex(ChatInterruption())

    init(client: APIClient) {
        self.client = client
    }

    func asks() { interruption.withLock { $0.asks() } }
    func ends() { interruption.withLock { $0.ends() } }

    /// A run was accepted. Asks for its end at once where somebody wished that meanwhile.
    func begins(_ run: String) async {
        if interruption.withLock({ $0.begins(run) }) { await cancel(run) }
    }

    /// Returns when somebody wants to leave, or when the task is cancelled.
    func listen() async {
        await withTaskGroup(of: Void.self) { group in
            for await _ in await UnixSignalsSequence(trapping: .sigint) {
                switch interruption.withLock({ $0.interrupt() }) {
                case .leave: return group.cancelAll()
                case .keep: Talk.say("\ncancelling …")
                case .cancel(let run):
                    Talk.say("\ncancelling …")
                    group.addTask { await self.cancel(run) }
                }
            }
        }
    }

    /// Asks for the run's end until the ingress has heard it: one that is starting again must not swallow a Ctrl-C.
    private func cancel(_ run: String) async {
        var pause = Duration.milliseconds(100)
        while !Task.isCancelled {
            do {
                _ = try await client.raw(.post, "/v1/runs/\(run)/cancel", body: Data("{}".utf8))
                return
            } catch let failure as APIClient.Failure where !failure.mayPass {
                return Talk.say("the run is not cancelled: \(failure)")
            } catch {
                // Ends with the task, when the run is over or its stream is given up.
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(2))
            }
        }
    }
}
