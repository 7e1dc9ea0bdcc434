import Identity
import Sodium
import TestSupport

/// The keys of RFC 8032, §7.1, tests 1 to 3. What this project derives from them was computed by another
/// program (Python's hashlib, BIP-350's reference code), not by this one.
enum Published {
    static let seed1 = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    static let key1 = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    static let key2 = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    static let key3 = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
    static let fingerprint1 = "p2p16adfsqvzky9t042tlmfujeq88g8wzuhnm2nzxfd0qgdx3ac82ydqq5q3pt"
    static let fingerprint2 = "p2p184qp0slggwy44y4hp2n56xm7hjwfstx09mzfdrxqe42lz2h5vcxqvma0rh"
    static let fingerprint3 = "p2p1l3gumrnzrzs68rdy0mgqyv8stqypdmgnhges8tzaawg32jyssqjsft5u9d"

    static func identity(_ hex: String) throws -> PublicIdentity {
        try PublicIdentity(bytes: [UInt8](hex: hex))
    }

    static func keys() throws -> IdentityKeys {
        try IdentityKeys(seed: SecretBytes(copying: [UInt8](hex: seed1)))
    }
}
