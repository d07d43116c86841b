import Foundation

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// TCP on 127.0.0.1, as little of it as the proxy needs.
enum Socket {
    /// Port 0 takes a free one.
    static func listen(on port: Int) throws -> (listener: Int32, port: Int) {
        let listener = make()
        set(listener, SOL_SOCKET, SO_REUSEADDR)
        var address = address(port: port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(listener, raw, length) == 0 && systemListen(listener, 64) == 0 && getsockname(listener, raw, &length) == 0
            }
        }
        guard isBound else {
            close(listener)
            throw POSIXError(.EADDRNOTAVAIL)
        }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    static func accept(from listener: Int32) -> Int32? {
        let client = systemAccept(listener, nil, nil)
        guard client >= 0 else { return nil }
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        set(client, Int32(IPPROTO_TCP), TCP_NODELAY)
        return client
    }

    static func connect(to port: Int) -> Int32? {
        let server = make()
        var address = address(port: port)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { systemConnect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
        guard isConnected else {
            close(server)
            return nil
        }
        set(server, Int32(IPPROTO_TCP), TCP_NODELAY)
        return server
    }

    static func sendAll(_ end: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(end, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    private static func make() -> Int32 {
        #if canImport(Glibc)
        let end = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
        let end = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        // Servers that other tests start must not hold it open.
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        return end
    }

    private static func set(_ end: Int32, _ level: Int32, _ option: Int32) {
        var on: Int32 = 1
        setsockopt(end, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

// Inside of the type the methods' own names would hide the C functions.
private let systemListen = listen
private let systemAccept = accept
private let systemConnect = connect
