import Dispatch
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
    /// - Returns: None for a name that has no address.
    /// - Throws: ``ResolverFault``, `CancellationError`.
    func addresses(of name: String) async throws -> [IPAddress]
}

package enum ResolverFault: Error, Sendable, Equatable {
    /// So many look-ups are under way already that another one would have to wait for them.
    case busy
}

/// The system's own resolver. It blocks for as long as it likes, so each look-up has a thread outside of the cooperative pool; a caller
/// that leaves does not wait for it.
package final class SystemResolver: HostResolver {
    /// Look-ups at once: names are tenants', and a slow one must not cost more than a thread.
    static let bound = 32

    private let underWay = Mutex(0)

    package init() {}

    package func addresses(of name: String) async throws -> [IPAddress] {
        let mayBegin = underWay.withLock { count in
            guard count < Self.bound else { return false }
            count += 1
            return true
        }
        guard mayBegin else { throw ResolverFault.busy }
        let answer = FirstAnswer<[IPAddress]>()
        DispatchQueue(label: "mainstay.resolver").async { [self] in
            let found = Self.lookUp(name)
            underWay.withLock { $0 -= 1 }
            answer.give(.success(found))
        }
        return try await answer.value()
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
