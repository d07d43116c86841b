/// Alphabets whose letters are taken for those of others. A letter of any other script is of none of them.
package enum Alphabet: String, Sendable, CaseIterable {
    case latin = "Latin"
    case greek = "Greek"
    case cyrillic = "Cyrillic"
    case armenian = "Armenian"
    case cherokee = "Cherokee"
    case coptic = "Coptic"
    case lisu = "Lisu"

    /// The alphabet of a letter, nil for what is no letter of any. By the blocks of Unicode that hold them; letters of the compatible forms
    /// that look as what they are made of (`Ｅ`, `𝐄`) are Latin too.
    init?(_ scalar: Unicode.Scalar) {
        guard scalar.properties.isAlphabetic else { return nil }
        switch scalar.value {
        case 0x41...0x5A, 0x61...0x7A, 0xAA, 0xBA, 0xC0...0x2B8, 0x1D00...0x1D25, 0x1D2C...0x1D5C, 0x1D62...0x1D65, 0x1D6B...0x1D77,
            0x1D79...0x1DBE, 0x1E00...0x1EFF, 0x2071, 0x207F, 0x2090...0x209C, 0x2160...0x2188, 0x24B6...0x24E9, 0x2C60...0x2C7F,
            0xA722...0xA7FF, 0xAB30...0xAB64, 0xFB00...0xFB06, 0xFF21...0xFF3A, 0xFF41...0xFF5A, 0x1D400...0x1D6A3, 0x1F130...0x1F149:
            self = .latin
        case 0x370...0x3E1, 0x3F0...0x3FF, 0x1F00...0x1FFF, 0x1D26...0x1D2A, 0x1D5D...0x1D61, 0x1D66...0x1D6A, 0x1D6A8...0x1D7CB: self = .greek
        case 0x400...0x52F, 0x1C80...0x1C8F, 0x1D2B, 0x1D78, 0x2DE0...0x2DFF, 0xA640...0xA69F: self = .cyrillic
        case 0x531...0x587, 0xFB13...0xFB17: self = .armenian
        case 0x13A0...0x13FF, 0xAB70...0xABBF: self = .cherokee
        case 0x3E2...0x3EF, 0x2C80...0x2CFF: self = .coptic
        case 0xA4D0...0xA4FF: self = .lisu
        default: return nil
        }
    }
}
