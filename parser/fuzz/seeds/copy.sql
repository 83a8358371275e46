copy t (a, b) from stdin with (format csv, force_null (a), header true) where a > 1; copy (select 1) to program 'x' csv header delimiter ','; copy binary t to stdout using delimiters '|'
