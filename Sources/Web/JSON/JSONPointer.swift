/// JSON pointers as URI fragments (RFC 6901, section 6), the form that RFC 9457's examples use.
enum JSONPointer {
    /// `["a/b", "0"]` → `#/a~1b/0`; the whole document is `#`.
    static func fragment(_ path: [String]) -> String {
        var result = "#"
        for part in path {
            result += "/"
            for scalar in part.unicodeScalars {
                switch scalar {
                case "~": result += "~0"
                case "/": result += "~1"
                case "!", "$", "&"..."/", "0"..."9", ":", ";", "=", "?", "@", "A"..."Z", "_", "a"..."z": result.unicodeScalars.append(scalar)
                default:
                    for byte in String(scalar).utf8 { result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }
                }
            }
        }
        return result
    }
}
