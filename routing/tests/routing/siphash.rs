//! SipHash-1-3 once more, from the paper (Aumasson and Bernstein, 2012), to check draws without the library.

/// The hash of some bytes under a key.
pub(crate) fn siphash_1_3(key: [u8; 16], bytes: &[u8]) -> u64 {
    let word = |at: usize| u64::from_le_bytes(key[at..at + 8].try_into().unwrap());
    let (k0, k1) = (word(0), word(8));
    let mut v = [
        k0 ^ 0x736f_6d65_7073_6575,
        k1 ^ 0x646f_7261_6e64_6f6d,
        k0 ^ 0x6c79_6765_6e65_7261,
        k1 ^ 0x7465_6462_7974_6573,
    ];
    let mut padded = bytes.to_vec();
    while padded.len() % 8 != 7 {
        padded.push(0);
    }
    padded.push(u8::try_from(bytes.len() % 256).unwrap());
    for block in padded.chunks(8) {
        let m = u64::from_le_bytes(block.try_into().unwrap());
        v[3] ^= m;
        round(&mut v);
        v[0] ^= m;
    }
    v[2] ^= 0xff;
    (0..3).for_each(|_| round(&mut v));
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[2] = v[2].rotate_left(32);
}
