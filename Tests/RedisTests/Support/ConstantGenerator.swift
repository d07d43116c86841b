/// Always the same number: 0 makes every pause empty, `.max` makes it as long as it can be.
struct ConstantGenerator: RandomNumberGenerator {
    let value: UInt64

    mutating func next() -> UInt64 { value }
}
