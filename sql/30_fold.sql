-- fold(note): the note with each character folded to lower-case ASCII (and œ, æ), one for one, so that an offset
-- in the result is one in the note. toolkit/motjuste/engine/text.py does the same; a test compares every character.
--
-- The steps are for speed: `replace` of what French notes hold most, of what they hold now and then, of what is rare, as
-- long as anything is left; then `translate`, which pays for each character of its list on each character of the note.
-- No `set search_path`: it would cost more than the work. The triggers, which run as their owner, pin it for all they call.
-- Escapes are E'' so that the file means the same whatever standard_conforming_strings says.
create or replace function motjuste.fold(note text)
    returns text
    language plpgsql
    immutable
    strict
    parallel safe
as $$
declare
    listed text;
    becomes text;
    f text collate "C" := replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(replace(
        lower(note collate "C")
        , E'\u000A', ' '), E'\u0009', ' '), E'\u000D', ' '), E'\u000B', ' '), E'\u000C', ' ')
        , 'é', 'e'), 'à', 'a'), 'è', 'e'), '€', '$'), 'ç', 'c'), 'ê', 'e'), '°', ' '), 'ô', 'o');
begin
    if octet_length(f) = length(f) then
        return f;
    end if;
    f := replace(replace(replace(replace(replace(replace(replace(replace(
        f
        , 'É', 'e'), 'î', 'i'), 'â', 'a'), '’', ''''), 'û', 'u'), '«', '"'), '»', '"'), 'À', 'a');
    if octet_length(f) = length(f) then
        return f;
    end if;
    f := replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(replace(replace(replace(replace(
        f
        , 'ù', 'u'), 'ë', 'e'), 'ï', 'i'), 'ü', 'u'), 'ö', 'o'), 'ä', 'a'), 'ÿ', 'y'), 'ñ', 'n')
        , 'È', 'e'), 'Ê', 'e'), 'Ô', 'o'), 'Î', 'i'), 'Ç', 'c'), 'Â', 'a'), 'Û', 'u'), 'Ù', 'u')
        , 'Ë', 'e'), 'Ï', 'i'), 'Œ', 'œ'), 'Æ', 'æ'), E'\u00A0', ' '), E'\u202F', ' '), '–', '-')
        , '—', '-'), '…', '.'), '“', '"'), '”', '"'), '‘', ''''), '´', '''')
        , 'á', 'a'), 'í', 'i'), 'ó', 'o'), 'ú', 'u'), 'ã', 'a');
    if octet_length(replace(replace(f, 'œ', 'o'), 'æ', 'a')) = length(f) then -- these stay
        return f;
    end if;
    listed :=
        E'\u0085\u00A0\u00AB\u00B0\u00B4\u00BA\u00BB\u00C0\u00C1\u00C2\u00C3\u00C4\u00C5\u00C6'
        '\u00C7\u00C8\u00C9\u00CA\u00CB\u00CC\u00CD\u00CE\u00CF\u00D0\u00D1\u00D2\u00D3\u00D4'
        '\u00D5\u00D6\u00D8\u00D9\u00DA\u00DB\u00DC\u00DD\u00DF\u00E0\u00E1\u00E2\u00E3\u00E4'
        '\u00E5\u00E7\u00E8\u00E9\u00EA\u00EB\u00EC\u00ED\u00EE\u00EF\u00F0\u00F1\u00F2\u00F3'
        '\u00F4\u00F5\u00F6\u00F8\u00F9\u00FA\u00FB\u00FC\u00FD\u00FF\u0100\u0101\u0102\u0103'
        '\u0104\u0105\u0106\u0107\u0108\u0109\u010A\u010B\u010C\u010D\u010E\u010F\u0112\u0113'
        '\u0114\u0115\u0116\u0117\u0118\u0119\u011A\u011B\u011C\u011D\u011E\u011F\u0120\u0121'
        '\u0122\u0123\u0124\u0125\u0126\u0127\u0128\u0129\u012A\u012B\u012C\u012D\u012E\u012F'
        '\u0130\u0131\u0134\u0135\u0136\u0137\u0139\u013A\u013B\u013C\u013D\u013E\u0141\u0142'
        '\u0143\u0144\u0145\u0146\u0147\u0148\u014C\u014D\u014E\u014F\u0150\u0151\u0152\u0154'
        '\u0155\u0156\u0157\u0158\u0159\u015A\u015B\u015C\u015D\u015E\u015F\u0160\u0161\u0162'
        '\u0163\u0164\u0165\u0166\u0167\u0168\u0169\u016A\u016B\u016C\u016D\u016E\u016F\u0170'
        '\u0171\u0172\u0173\u0174\u0175\u0176\u0177\u0178\u0179\u017A\u017B\u017C\u017D\u017E'
        '\u0218\u0219\u021A\u021B\u02BC\u1E9E\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007'
        '\u2008\u2009\u200A\u2010\u2011\u2012\u2013\u2014\u2015\u2018\u2019\u201B\u201C\u201D'
        '\u201E\u201F\u2026\u2028\u2029\u202F\u2032\u2033\u2039\u203A\u205F\u20AC\u2212\u3000';
    becomes :=
        '  " '' "aaaaaaæ'
        'ceeeeiiiidnooo'
        'ooouuuuysaaaaa'
        'aceeeeiiiidnoo'
        'oooouuuuyyaaaa'
        'aaccccccccddee'
        'eeeeeeeegggggg'
        'gghhhhiiiiiiii'
        'iijjkkllllllll'
        'nnnnnnooooooœr'
        'rrrrrsssssssst'
        'tttttuuuuuuuuu'
        'uuuwwyyyzzzzzz'
        'sstt''s        '
        '   ------''''''""'
        '"".   ''""" $- ';
    -- of a long note only those that it holds
    if length(f) > 1000 then
        select string_agg(x.a, '' order by x.i), string_agg(x.b, '' order by x.i) into listed, becomes
        from rows from (string_to_table(listed, null), string_to_table(becomes, null)) with ordinality as x (a, b, i)
        where x.a in (select string_to_table(regexp_replace(f, '[ -~]+', '', 'g'), null));
    end if;
    return translate(f, coalesce(listed, ''), coalesce(becomes, ''));
end
$$;

-- blanks(folded): the signs that stand between words as spaces, all but those that may end a sentence; it is inlined.
create or replace function motjuste.blanks(folded text)
    returns text
    language sql
    immutable
    parallel safe
as $$
    select replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        folded collate "C"
        , ',', ' '), '''', ' '), '-', ' '), '/', ' '), ':', ' '), '(', ' '), ')', ' '), '$', ' '), '"', ' ')
        , '+', ' '), '%', ' ')
$$;
