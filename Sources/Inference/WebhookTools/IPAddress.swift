/// An internet address as a number, so that ranges can be compared.
package enum IPAddress: Sendable, Hashable {
    case v4(UInt32)
    case v6(UInt128)

    var isV4: Bool {
        if case .v4 = self { true } else { false }
    }
}

extension IPAddress: CustomStringConvertible {
    /// In the one spelling that every reader takes for the same: `10.0.0.1`, `2001:db8:0:0:0:0:0:1`.
    package var description: String {
        switch self {
        case .v4(let number):
            return stride(from: 24, through: 0, by: -8).map { "\(number >> UInt32($0) & 0xFF)" }.joined(separator: ".")
        case .v6(let number):
            return stride(from: 112, through: 0, by: -16).map { String(number >> UInt128($0) & 0xFFFF, radix: 16) }.joined(separator: ":")
        }
    }
}

extension IPAddress {
    /// Reads an address as resolvers and operators write it: dotted decimal, or RFC 4291 with a zone that is left out. Nil for anything
    /// else, odd spellings among it.
    package init?(_ text: String) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let number = Self.colons(text.prefix { $0 != "%" }) else { return nil }
            self = .v6(number)
        } else {
            guard let number = Self.dotted(text[...]) else { return nil }
            self = .v4(number)
        }
    }

    /// Reads an IPv4 address in any of the spellings that a browser or `inet_aton` takes for one: parts in decimal, octal (`0177`) or
    /// hexadecimal (`0x7f`), one to four of them, the last filling what is left. `2130706433`, `0x7f.1` and `127.0.0.1` are the same.
    init?(anySpelling text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...4).contains(parts.count) else { return nil }
        let numbers = parts.compactMap(Self.number)
        guard numbers.count == parts.count, let last = numbers.last else { return nil }
        guard numbers.dropLast().allSatisfy({ $0 <= 0xFF }), last < 1 << UInt64(8 * (5 - parts.count)) else { return nil }
        var result = last
        for (index, number) in numbers.dropLast().enumerated() { result |= number << UInt64(8 * (3 - index)) }
        self = .v4(UInt32(truncatingIfNeeded: result))
    }

    /// Whether a host's last label is a number, so that the whole is an IPv4 address or nothing.
    static func endsInNumber(_ host: String) -> Bool {
        guard let last = host.split(separator: ".", omittingEmptySubsequences: false).last, !last.isEmpty else { return false }
        return last.utf8.allSatisfy(isDigit) || number(last) != nil
    }

    // MARK: Pieces

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func dotted(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var result: UInt32 = 0
        for part in parts {
            // A leading zero means octal to some readers: it is refused rather than guessed at.
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy(isDigit), part.utf8.count == 1 || part.utf8.first != UInt8(ascii: "0"),
                let number = UInt32(part), number <= 0xFF
            else { return nil }
            result = result << 8 | number
        }
        return result
    }

    /// Saturates at what no address holds.
    private static func number(_ text: Substring) -> UInt64? {
        guard !text.isEmpty else { return nil }
        if text.hasPrefix("0x") || text.hasPrefix("0X") {
            let digits = text.dropFirst(2)
            guard digits.utf8.allSatisfy({ isDigit($0) || (97...102).contains($0 | 0x20) }) else { return nil }
            return digits.isEmpty ? 0 : UInt64(digits, radix: 16) ?? .max
        }
        guard text.utf8.allSatisfy(isDigit) else { return nil }
        guard text.utf8.count > 1, text.utf8.first == UInt8(ascii: "0") else { return UInt64(text) ?? .max }
        guard text.utf8.allSatisfy({ $0 < UInt8(ascii: "8") }) else { return nil }
        return UInt64(text, radix: 8) ?? .max
    }

    private static func colons(_ text: Substring) -> UInt128? {
        guard let gap = text.firstRange(of: "::") else {
            guard let all = groups(text), all.count == 8 else { return nil }
            return joined(all)
        }
        let (before, behind) = (text[..<gap.lowerBound], text[gap.upperBound...])
        guard !before.contains("."), let head = before.isEmpty ? [] : groups(before), let tail = behind.isEmpty ? [] : groups(behind),
            head.count + tail.count < 8
        else { return nil }
        return joined(head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    /// Groups of four digits between colons; the last may be an address in dotted decimal, which is two.
    private static func groups(_ text: Substring) -> [UInt16]? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var found: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains("."), let number = dotted(part) {
                found += [UInt16(number >> 16), UInt16(number & 0xFFFF)]
                continue
            }
            guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ isDigit($0) || (97...102).contains($0 | 0x20) }),
                let group = UInt16(part, radix: 16)
            else { return nil }
            found.append(group)
        }
        return found
    }

    private static func joined(_ groups: [UInt16]) -> UInt128 {
        groups.reduce(0) { $0 << 16 | UInt128($1) }
    }
}
