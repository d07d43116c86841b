/// A day of the Gregorian calendar. A search looks at thousands of days, and Foundation's calendar takes as long for one as this
/// does for hundreds.
struct CivilDay: Sendable, Equatable {
    /// Days since 1 January 1970.
    let number: Int
    let year: Int
    let month: Int
    let day: Int

    /// 0 for Sunday.
    var weekday: Int { (number + 4).remainder(floor: 7) }

    /// Counts in years that begin in March, so that the leap day is the last of its year, and in cycles of 400 years.
    init(number: Int) {
        self.number = number
        let shifted = number + 719_468
        let cycle = shifted.quotient(floor: 146_097)
        let ofCycle = shifted - cycle * 146_097
        let yearOfCycle = (ofCycle - ofCycle / 1460 + ofCycle / 36_524 - ofCycle / 146_096) / 365
        let ofYear = ofCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let fromMarch = (5 * ofYear + 2) / 153
        day = ofYear - (153 * fromMarch + 2) / 5 + 1
        month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        year = yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0)
    }

    var isLeapYear: Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// The number of the first day of the next month.
    var nextMonth: Int {
        let length =
            switch month {
            case 2: isLeapYear ? 29 : 28
            case 4, 6, 9, 11: 30
            default: 31
            }
        return number + length - day + 1
    }
}

extension Int {
    /// Division that rounds down, also below zero: times before 1970 are whole days too.
    func quotient(floor divisor: Int) -> Int {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? quotient - 1 : quotient
    }

    func remainder(floor divisor: Int) -> Int { self - quotient(floor: divisor) * divisor }
}
