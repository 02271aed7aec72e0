;; Reflected CRCs of up to 64 bits whose initial value and final XOR are all ones: CRC64NVME, CRC32, CRC32C.
;; A 32-bit CRC runs in the low half of the same 64-bit registers, so one module serves all three;
;; an instance is given its polynomial once. `scripts/build-wasm.mjs` compiles this file.
;;
;; Memory:      0  16 tables of 256 i64: table k holds the CRC of each byte followed by k zero bytes
;;          32768  64 i64: x^(8 * 2^k) modulo the polynomial, what 2^k zero bytes multiply a CRC by
;;          65536  input, up to the end
(module
  (memory (export "memory") 3)
  (global (export "input") i32 (i32.const 65536))

  ;; Reflected: the lowest bit is the highest power of x, and the highest bit, always set, is x^0.
  (global $polynomial (mut i64) (i64.const 0))
  ;; x^0: the highest bit of the CRC's width.
  (global $one (mut i64) (i64.const 0))
  ;; The CRC's width in set bits.
  (global $all_ones (mut i64) (i64.const 0))

  (func (export "init") (param $polynomial i64)
    (global.set $polynomial (local.get $polynomial))
    (global.set $all_ones (i64.shr_u (i64.const -1) (i64.clz (local.get $polynomial))))
    (global.set $one (i64.sub (global.get $all_ones) (i64.shr_u (global.get $all_ones) (i64.const 1))))
    (call $fill_first_table)
    (call $fill_other_tables)
    (call $fill_powers))

  ;; The CRC of what `crc` stands for (0 for nothing) followed by the first `length` bytes of the input.
  ;; Slicing by 16: sixteen bytes a round, each looked up in the table for the bytes that follow it.
  (func (export "update") (param $crc i64) (param $length i32) (result i64)
    (local $at i32) (local $rounds_end i32) (local $end i32)
    (local $low i64) (local $high i64)
    (local.set $crc (i64.xor (local.get $crc) (global.get $all_ones)))
    (local.set $at (i32.const 65536))
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (local.set $rounds_end (i32.add (local.get $at) (i32.and (local.get $length) (i32.const -16))))
    (block $rounds_done
      (loop $round
        (br_if $rounds_done (i32.eq (local.get $at) (local.get $rounds_end)))
        (local.set $low (i64.xor (local.get $crc) (i64.load (local.get $at))))
        (local.set $high (i64.load offset=8 (local.get $at)))
        ;; A byte times 8 is its place in a table: shift it to bits 3 to 10 and mask with 255 * 8.
        ;; What they hold is added up as a tree, that of the CRC last: the next round waits for it, and a chain is 1.3 times as slow.
        (i64.load offset=14336 (i32.and (i32.wrap_i64 (i64.shl (local.get $high) (i64.const 3))) (i32.const 2040)))
        (i64.load offset=12288 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $high) (i64.const 5))) (i32.const 2040)))
        i64.xor
        (i64.load offset=10240 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $high) (i64.const 13))) (i32.const 2040)))
        (i64.load offset=8192 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $high) (i64.const 21))) (i32.const 2040)))
        i64.xor
        i64.xor
        (i64.load offset=6144 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $high) (i64.const 29))) (i32.const 2040)))
        (i64.load offset=4096 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $high) (i64.const 37))) (i32.const 2040)))
        i64.xor
        (i64.load offset=2048 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $high) (i64.const 45))) (i32.const 2040)))
        (i64.load (i32.and (i32.wrap_i64 (i64.shr_u (local.get $high) (i64.const 53))) (i32.const 2040)))
        i64.xor
        i64.xor
        i64.xor
        (i64.load offset=30720 (i32.and (i32.wrap_i64 (i64.shl (local.get $low) (i64.const 3))) (i32.const 2040)))
        (i64.load offset=28672 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $low) (i64.const 5))) (i32.const 2040)))
        i64.xor
        (i64.load offset=26624 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $low) (i64.const 13))) (i32.const 2040)))
        (i64.load offset=24576 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $low) (i64.const 21))) (i32.const 2040)))
        i64.xor
        i64.xor
        (i64.load offset=22528 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $low) (i64.const 29))) (i32.const 2040)))
        (i64.load offset=20480 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $low) (i64.const 37))) (i32.const 2040)))
        i64.xor
        (i64.load offset=18432 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $low) (i64.const 45))) (i32.const 2040)))
        (i64.load offset=16384 (i32.and (i32.wrap_i64 (i64.shr_u (local.get $low) (i64.const 53))) (i32.const 2040)))
        i64.xor
        i64.xor
        i64.xor
        i64.xor
        local.set $crc
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $round)))
    (block $bytes_done
      (loop $byte
        (br_if $bytes_done (i32.eq (local.get $at) (local.get $end)))
        (local.set $crc (call $shift_byte (i64.xor (local.get $crc) (i64.load8_u (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $byte)))
    (i64.xor (local.get $crc) (global.get $all_ones)))

  ;; The CRC of one text followed by another, from their CRCs and the second one's length in bytes.
  ;; As many zero bytes as the second is long multiply the first CRC by x^(8 * length); the XORs cancel out.
  (func (export "combine") (param $first i64) (param $second i64) (param $length i64) (result i64)
    (local $power i32)
    (local.set $power (i32.const 32768))
    (block $done
      (loop $bit
        (br_if $done (i64.eqz (local.get $length)))
        (if (i64.ne (i64.and (local.get $length) (i64.const 1)) (i64.const 0))
          (then (local.set $first (call $multiply (local.get $first) (i64.load (local.get $power))))))
        (local.set $length (i64.shr_u (local.get $length) (i64.const 1)))
        (local.set $power (i32.add (local.get $power) (i32.const 8)))
        (br $bit)))
    (i64.xor (local.get $first) (local.get $second)))

  (func $fill_first_table
    (local $byte i32) (local $bit i32) (local $crc i64)
    (loop $bytes
      (local.set $crc (i64.extend_i32_u (local.get $byte)))
      (local.set $bit (i32.const 8))
      (loop $bits
        (local.set $crc (call $times_x (local.get $crc)))
        (br_if $bits (local.tee $bit (i32.sub (local.get $bit) (i32.const 1)))))
      (i64.store (i32.shl (local.get $byte) (i32.const 3)) (local.get $crc))
      (local.set $byte (i32.add (local.get $byte) (i32.const 1)))
      (br_if $bytes (i32.lt_u (local.get $byte) (i32.const 256)))))

  ;; Each entry is the one a table before it, and one more zero byte.
  (func $fill_other_tables
    (local $at i32)
    (loop $entries
      (i64.store offset=2048 (local.get $at) (call $shift_byte (i64.load (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $entries (i32.lt_u (local.get $at) (i32.const 30720)))))

  ;; x^8, and then the square of the one before.
  (func $fill_powers
    (local $at i32) (local $power i64)
    (local.set $at (i32.const 32768))
    (local.set $power (i64.shr_u (global.get $one) (i64.const 8)))
    (loop $powers
      (i64.store (local.get $at) (local.get $power))
      (local.set $power (call $multiply (local.get $power) (local.get $power)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $powers (i32.lt_u (local.get $at) (i32.const 33280)))))

  ;; The register after its lowest byte has been shifted out.
  (func $shift_byte (param $crc i64) (result i64)
    (i64.xor
      (i64.shr_u (local.get $crc) (i64.const 8))
      (i64.load (i32.and (i32.wrap_i64 (i64.shl (local.get $crc) (i64.const 3))) (i32.const 2040)))))

  ;; a * b modulo the polynomial: adds b * x^n for every power x^n in a, from x^0 on.
  (func $multiply (param $a i64) (param $b i64) (result i64)
    (local $product i64) (local $bit i64)
    (local.set $bit (global.get $one))
    (loop $bits
      (local.set $product
        (i64.xor
          (local.get $product)
          (select (i64.const 0) (local.get $b) (i64.eqz (i64.and (local.get $a) (local.get $bit))))))
      (local.set $b (call $times_x (local.get $b)))
      (br_if $bits (i64.ne (local.tee $bit (i64.shr_u (local.get $bit) (i64.const 1))) (i64.const 0))))
    (local.get $product))

  (func $times_x (param $value i64) (result i64)
    (i64.xor
      (i64.shr_u (local.get $value) (i64.const 1))
      (select
        (global.get $polynomial)
        (i64.const 0)
        (i32.wrap_i64 (i64.and (local.get $value) (i64.const 1)))))))
