select 'it''s', E'a\n\x41\u00e9', U&'d\0061t\+000061', U&'!0041' uescape '!', $$x$$, $t$ $$ $t$, b'01', x'1F', 1, 1.5e-3, .5, 99999999999, 'a'
 'b', n'x', interval '1' day to second(3), date '2020-01-01', float(3) '1', $1, true -- c
 /* /* n */ */
