/// What a node of a cluster answers for a key that lies elsewhere.
enum Redirect: Sendable, Equatable {
    /// The slot belongs to that node, from now on.
    case moved(ClusterSlot, ClusterAddress)
    /// The slot is on its way to that node, and this key may be there already: this one command goes there, behind `ASKING`.
    case ask(ClusterSlot, ClusterAddress)

    /// Reads `MOVED 3999 127.0.0.1:6381` and `ASK 3999 127.0.0.1:6381`; nil for any other error reply.
    ///
    /// - Parameter asked: who answered; a redirect without a host means the same host.
    init?(_ reply: String, from asked: ClusterAddress) {
        let words = reply.split(separator: " ")
        guard words.count >= 3, words[0] == "MOVED" || words[0] == "ASK", let number = Int(words[1]), let slot = ClusterSlot(number),
            let colon = words[2].lastIndex(of: ":"), let port = Int(words[2][words[2].index(after: colon)...]), (1...65_535).contains(port)
        else { return nil }
        let host = String(words[2][..<colon])
        guard host != "?" else { return nil }
        let address = ClusterAddress(host: host.isEmpty ? asked.host : host, port: port)
        self = words[0] == "MOVED" ? .moved(slot, address) : .ask(slot, address)
    }
}

/// What a client does about an error reply of a node. In all cases but ``answer`` the node has not carried the command out, so it
/// may be sent again.
enum ClusterReaction: Sendable, Equatable {
    /// It concerns the caller.
    case answer
    case follow(Redirect)
    /// Ask again after a pause: the cluster is between two states.
    case wait

    /// A script never follows an `ASK`. It may look at more keys than it names, and while the slot is on its way these lie on both
    /// sides: at the new node it would take those still to come for missing, and what it wrote in their place would stand in their
    /// way. So it waits until the slot has moved as a whole.
    init(reply: String, from asked: ClusterAddress, isScript: Bool) {
        if let redirect = Redirect(reply, from: asked) {
            if case .ask = redirect, isScript { self = .wait } else { self = .follow(redirect) }
            return
        }
        // A cluster that is down elects: whoever wins it serves the slot.
        let isPassing = reply.hasPrefix("TRYAGAIN ") || reply.hasPrefix("CLUSTERDOWN ") || reply == "TRYAGAIN" || reply == "CLUSTERDOWN"
        self = isPassing ? .wait : .answer
    }
}
