import Dispatch
package import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Finds the addresses of a name. Asked once a call: whoever it answers is whom the connection is made to.
package protocol HostResolver: Sendable {
    /// - Parameter workspace: Whose tool it is: one workspace's slow names are not to keep the others waiting.
    /// - Returns: None for a name that has no address.
    /// - Throws: ``ResolverFault``, `CancellationError`.
    func addresses(of name: String, for workspace: UUID) async throws -> [IPAddress]
}

package enum ResolverFault: Error, Sendable, Equatable {
    /// So many look-ups of the workspace wait already that another one is not let in.
    case busy
}

/// The system's own resolver. It blocks for as long as it likes, so each look-up has a thread outside of the cooperative pool; a caller
/// that leaves does not wait for it.
package final class SystemResolver: HostResolver {
    private struct State {
        /// 32 threads, of which one workspace has an eighth at most; as many wait as the calls of two steps of a run.
        var line = LookUpLine(bound: 32, boundOfWorkspace: 4, lengthOfWorkspace: 128)
        var bells: [LookUpLine.Ticket: FirstAnswer<Void>] = [:]
    }

    private let state = Mutex(State())
    private let find: @Sendable (String) -> [IPAddress]

    package convenience init() {
        self.init(find: { Self.lookUp($0) })
    }

    /// - Parameter find: Blocks.
    init(find: @escaping @Sendable (String) -> [IPAddress]) {
        self.find = find
    }

    package func addresses(of name: String, for workspace: UUID) async throws -> [IPAddress] {
        try await enter(workspace)
        let answer = FirstAnswer<[IPAddress]>()
        DispatchQueue(label: "mainstay.resolver").async { [self] in
            let found = find(name)
            // The thread is free now, and not when the caller has left.
            leave(workspace)
            answer.give(.success(found))
        }
        return try await answer.value()
    }

    private func enter(_ workspace: UUID) async throws {
        let bell = FirstAnswer<Void>()
        let admission = state.withLock { state in
            let admission = state.line.enter(workspace)
            if case .wait(let ticket) = admission { state.bells[ticket] = bell }
            return admission
        }
        switch admission {
        case .begin: return
        case .busy: throw ResolverFault.busy
        case .wait(let ticket):
            do {
                try await bell.value()
            } catch {
                let next = state.withLock { state in
                    state.bells[ticket] = nil
                    return state.line.giveUp(ticket).flatMap { state.bells.removeValue(forKey: $0) }
                }
                next?.give(.success(()))
                throw error
            }
        }
    }

    private func leave(_ workspace: UUID) {
        let next = state.withLock { state in state.line.leave(workspace).flatMap { state.bells.removeValue(forKey: $0) } }
        next?.give(.success(()))
    }

    private static func lookUp(_ name: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        // One entry an address, and not one for each sort of socket.
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ai_next
            var text = [CChar](repeating: 0, count: 128)
            guard getnameinfo(entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else {
                continue
            }
            let word = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if let address = IPAddress(word), !addresses.contains(address) { addresses.append(address) }
        }
        return addresses
    }
}

/// Hands the first answer that is given to the one task that waits for it, or that task's cancellation.
final class FirstAnswer<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<Value, any Error>)
        case given(Result<Value, any Error>)
        case taken
    }

    private let state = Mutex<State>(.empty)

    /// Those after the first are thrown away.
    func give(_ result: Result<Value, any Error>) {
        let waiter = state.withLock { state -> CheckedContinuation<Value, any Error>? in
            switch state {
            case .empty:
                state = .given(result)
                return nil
            case .waiting(let continuation):
                state = .taken
                return continuation
            case .given, .taken: return nil
            }
        }
        waiter?.resume(with: result)
    }

    /// Asked once.
    func value() async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let ready = state.withLock { state -> Result<Value, any Error>? in
                    if case .given(let result) = state {
                        state = .taken
                        return result
                    }
                    state = .waiting(continuation)
                    return nil
                }
                if let ready { continuation.resume(with: ready) }
            }
        } onCancel: {
            give(.failure(CancellationError()))
        }
    }
}
