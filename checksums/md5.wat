;; MD5 (RFC 1321) of whole blocks of 64 bytes; padding is the caller's. `scripts/build-wasm.mjs` compiles this file.
;;
;; Memory:      0  the state: a, b, c, d as i32
;;             64  the 64 constants: the integer part of 2^32 * abs(sin(i + 1))
;;          65536  input, up to the end
(module
  (memory (export "memory") 2)
  (global (export "input") i32 (i32.const 65536))
  (data (i32.const 64)
    "\78\a4\6a\d7\56\b7\c7\e8\db\70\20\24\ee\ce\bd\c1"
    "\af\0f\7c\f5\2a\c6\87\47\13\46\30\a8\01\95\46\fd"
    "\d8\98\80\69\af\f7\44\8b\b1\5b\ff\ff\be\d7\5c\89"
    "\22\11\90\6b\93\71\98\fd\8e\43\79\a6\21\08\b4\49"
    "\62\25\1e\f6\40\b3\40\c0\51\5a\5e\26\aa\c7\b6\e9"
    "\5d\10\2f\d6\53\14\44\02\81\e6\a1\d8\c8\fb\d3\e7"
    "\e6\cd\e1\21\d6\07\37\c3\87\0d\d5\f4\ed\14\5a\45"
    "\05\e9\e3\a9\f8\a3\ef\fc\d9\02\6f\67\8a\4c\2a\8d"
    "\42\39\fa\ff\81\f6\71\87\22\61\9d\6d\0c\38\e5\fd"
    "\44\ea\be\a4\a9\cf\de\4b\60\4b\bb\f6\70\bc\bf\be"
    "\c6\7e\9b\28\fa\27\a1\ea\85\30\ef\d4\05\1d\88\04"
    "\39\d0\d4\d9\e5\99\db\e6\f8\7c\a2\1f\65\56\ac\c4"
    "\44\22\29\f4\97\ff\2a\43\a7\23\94\ab\39\a0\93\fc"
    "\c3\59\5b\65\92\cc\0c\8f\7d\f4\ef\ff\d1\5d\84\85"
    "\4f\7e\a8\6f\e0\e6\2c\fe\14\43\01\a3\a1\11\08\4e"
    "\82\7e\53\f7\35\f2\3a\bd\bb\d2\d7\2a\91\d3\86\eb")

  ;; Takes the first `length` bytes of the input, a multiple of 64, into the state.
  (func (export "update") (param $length i32)
    (local $at i32) (local $end i32) (local $constant i32) (local $word i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (local.set $at (i32.const 65536))
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $blocks_done
      (loop $block
        (br_if $blocks_done (i32.eq (local.get $at) (local.get $end)))
        (local.set $a (i32.load (i32.const 0)))
        (local.set $b (i32.load (i32.const 4)))
        (local.set $c (i32.load (i32.const 8)))
        (local.set $d (i32.load (i32.const 12)))
        ;; Each turn of a round is four steps, after which a, b, c and d stand where they were. `word` is in bytes, and wraps at 64.
        (local.set $constant (i32.const 64))
        ;; Round 1: (b and c) or (not b and d); words in order.
        (local.set $word (i32.const 0))
        (loop $round1
          (local.set $a (i32.add (local.get $b) (i32.rotl
            (i32.add
              (i32.add (local.get $a) (i32.xor (local.get $d) (i32.and (local.get $b) (i32.xor (local.get $c) (local.get $d)))))
              (i32.add
                (i32.load (local.get $constant))
                (i32.load (i32.add (local.get $at) (i32.and (local.get $word) (i32.const 63))))))
            (i32.const 7))))
          (local.set $d (i32.add (local.get $a) (i32.rotl
            (i32.add
              (i32.add (local.get $d) (i32.xor (local.get $c) (i32.and (local.get $a) (i32.xor (local.get $b) (local.get $c)))))
              (i32.add
                (i32.load offset=4 (local.get $constant))
                (i32.load (i32.add (local.get $at) (i32.and (i32.add (local.get $word) (i32.const 4)) (i32.const 63))))))
            (i32.const 12))))
          (local.set $c (i32.add (local.get $d) (i32.rotl
            (i32.add
              (i32.add (local.get $c) (i32.xor (local.get $b) (i32.and (local.get $d) (i32.xor (local.get $a) (local.get $b)))))
              (i32.add
                (i32.load offset=8 (local.get $constant))
                (i32.load (i32.add (local.get $at) (i32.and (i32.add (local.get $word) (i32.const 8)) (i32.const 63))))))
            (i32.const 17))))
          (local.set $b (i32.add (local.get $c) (i32.rotl
            (i32.add
              (i32.add (local.get $b) (i32.xor (local.get $a) (i32.and (local.get $c) (i32.xor (local.get $d) (local.get $a)))))
              (i32.add
                (i32.load offset=12 (local.get $constant))
                (i32.load (i32.add (local.get $at) (i32.and (i32.add (local.get $word) (i32.const 12)) (i32.const 63))))))
            (i32.const 22))))
          (local.set $word (i32.add (local.get $word) (i32.const 16)))
          (local.set $constant (i32.add (local.get $constant) (i32.const 16)))
          (br_if $round1 (i32.lt_u (local.get $constant) (i32.const 128))))
        ;; Round 2: (d and b) or (not d and c); every fifth word, from 1.
        (local.set $word (i32.const 0))
        (loop $round2
          (local.set $a (i32.add (local.get $b) (i32.rotl
            (i32.add
              (i32.add (local.get $a) (i32.xor (local.get $c) (i32.and (local.get $d) (i32.xor (local.get $b) (local.get $c)))))
              (i32.add
                (i32.load (local.get $constant))
                (i32.load (i32.add (local.get $at) (i32.and (i32.add (local.get $word) (i32.const 4)) (i32.const 63))))))
            (i32.const 5))))
          (local.set $d (i32.add (local.get $a) (i32.rotl
            (i32.add
              (i32.add (local.get $d) (i32.xor (local.get $b) (i32.and (local.get $c) (i32.xor (local.get $a) (local.get $b)))))
              (i32.add
                (i32.load offset=4 (local.get $constant))
                (i32.load (i32.add (local.get $at) (i32.and (i32.add (local.get $word) (i32.const 24)) (i32.const 63))))))
            (i32.const 9))))
          (local.set $c (i32.add (local.get $d) (i32.rotl
            (i32.add
              (i32.add (local.get $c) (i32.xor (local.get $a) (i32.and (local.get $b) (i32.xor (local.get $d) (local.get $a)))))
              (i32.add
                (i32.load offset=8 (local.get $constant))
                (i32.load (i32.add (local.get $at) (i32.and (i32.add (local.get $word) (i32.const 44)) (i32.const 63))))))
            (i32.const 14))))
          (local.set $b (i32.add (local.get $c) (i32.rotl
            (i32.add
              (i32.add (local.get $b) (i32.xor (local.get $d) (i32.and (local.get $a) (i32.xor (local.get $c) (local.get $d)))))
              (i32.add
                (i32.load offset=12 (local.get $constant))
                (i32.load (i32.add (local.get $at) (i32.and (local.get $word) (i32.const 63))))))
            (i32.const 20))))
          (local.set $word (i32.add (local.get $word) (i32.const 16)))
          (local.set $constant (i32.add (local.get $constant) (i32.const 16)))
          (br_if $round2 (i32.lt_u (local.get $constant) (i32.const 192))))
        ;; Round 3: b xor c xor d; every third word, from 5.
        (local.set $word (i32.const 0))
        (loop $round3
          (local.set $a (i32.add (local.get $b) (i32.rotl
            (i32.add
              (i32.add (local.get $a) (i32.xor (i32.xor (local.get $b) (local.get $c)) (local.get $d)))
              (i32.add
                (i32.load (local.get $constant))
                (i32.load (i32.add (local.get $at) (i32.and (i32.add (local.get $word) (i32.const 20)) (i32.const 63))))))
            (i32.const 4))))
          (local.set $d (i32.add (local.get $a) (i32.rotl
            (i32.add
              (i32.add (local.get $d) (i32.xor (i32.xor (local.get $a) (local.get $b)) (local.get $c)))
              (i32.add
                (i32.load offset=4 (local.get $constant))
                (i32.load (i32.add (local.get $at) (i32.and (i32.add (local.get $word) (i32.const 32)) (i32.const 63))))))
            (i32.const 11))))
          (local.set $c (i32.add (local.get $d) (i32.rotl
            (i32.add
              (i32.add (local.get $c) (i32.xor (i32.xor (local.get $d) (local.get $a)) (local.get $b)))
              (i32.add
                (i32.load offset=8 (local.get $constant))
                (i32.load (i32.add (local.get $at) (i32.and (i32.add (local.get $word) (i32.const 44)) (i32.const 63))))))
            (i32.const 16))))
          (local.set $b (i32.add (local.get $c) (i32.rotl
            (i32.add
              (i32.add (local.get $b) (i32.xor (i32.xor (local.get $c) (local.get $d)) (local.get $a)))
              (i32.add
                (i32.load offset=12 (local.get $constant))
                (i32.load (i32.add (local.get $at) (i32.and (i32.add (local.get $word) (i32.const 56)) (i32.const 63))))))
            (i32.const 23))))
          (local.set $word (i32.add (local.get $word) (i32.const 48)))
          (local.set $constant (i32.add (local.get $constant) (i32.const 16)))
          (br_if $round3 (i32.lt_u (local.get $constant) (i32.const 256))))
        ;; Round 4: c xor (b or not d); every seventh word, from 0.
        (local.set $word (i32.const 0))
        (loop $round4
          (local.set $a (i32.add (local.get $b) (i32.rotl
            (i32.add
              (i32.add (local.get $a) (i32.xor (local.get $c) (i32.or (local.get $b) (i32.xor (local.get $d) (i32.const -1)))))
              (i32.add
                (i32.load (local.get $constant))
                (i32.load (i32.add (local.get $at) (i32.and (local.get $word) (i32.const 63))))))
            (i32.const 6))))
          (local.set $d (i32.add (local.get $a) (i32.rotl
            (i32.add
              (i32.add (local.get $d) (i32.xor (local.get $b) (i32.or (local.get $a) (i32.xor (local.get $c) (i32.const -1)))))
              (i32.add
                (i32.load offset=4 (local.get $constant))
                (i32.load (i32.add (local.get $at) (i32.and (i32.add (local.get $word) (i32.const 28)) (i32.const 63))))))
            (i32.const 10))))
          (local.set $c (i32.add (local.get $d) (i32.rotl
            (i32.add
              (i32.add (local.get $c) (i32.xor (local.get $a) (i32.or (local.get $d) (i32.xor (local.get $b) (i32.const -1)))))
              (i32.add
                (i32.load offset=8 (local.get $constant))
                (i32.load (i32.add (local.get $at) (i32.and (i32.add (local.get $word) (i32.const 56)) (i32.const 63))))))
            (i32.const 15))))
          (local.set $b (i32.add (local.get $c) (i32.rotl
            (i32.add
              (i32.add (local.get $b) (i32.xor (local.get $d) (i32.or (local.get $c) (i32.xor (local.get $a) (i32.const -1)))))
              (i32.add
                (i32.load offset=12 (local.get $constant))
                (i32.load (i32.add (local.get $at) (i32.and (i32.add (local.get $word) (i32.const 20)) (i32.const 63))))))
            (i32.const 21))))
          (local.set $word (i32.add (local.get $word) (i32.const 48)))
          (local.set $constant (i32.add (local.get $constant) (i32.const 16)))
          (br_if $round4 (i32.lt_u (local.get $constant) (i32.const 320))))
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get $a)))
        (i32.store (i32.const 4) (i32.add (i32.load (i32.const 4)) (local.get $b)))
        (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (local.get $c)))
        (i32.store (i32.const 12) (i32.add (i32.load (i32.const 12)) (local.get $d)))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $block)))))
