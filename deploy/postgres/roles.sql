-- The roles of a daesa database on PostgreSQL, each with no more than its work
-- needs. Run it once before the first `daesa migrate`, and again after every
-- later one. It can be run again at any time, also while daesa runs.
--
--   psql -v ON_ERROR_STOP=1 -d DATABASE -f roles.sql
--
-- as a superuser, or as an administrator who may create roles and owns the
-- database. Names and the schema can be changed: -v executor=night -v schema=daesa
-- (with a schema of its own, add ?search_path=daesa to every database.url).
-- Passwords are not set here: \password daesa_migrator, and so on. The database
-- is to be daesa's alone: the rights of PUBLIC on it are taken away.
--
--   migrator  owns the tables; only for `daesa migrate`
--   executor  nightly, refunds, accounts, orders, webhook, serve; asks and sends;
--             also breaks resolve and report apply where they ask for a refund
--   approver  the second person: approve, reject, breaks resolve, report apply,
--             transfers, pause and resume; asks for no refund, changes no attempt
--             and sends nothing
--   reporter  reads; neither sealed accounts nor the bytes that hold one
--
-- Nobody but the migrator can change or delete an entry of the journal, a
-- refund request, one of its attempts, or switch off the triggers that say so.

\if :{?migrator} \else \set migrator daesa_migrator \endif
\if :{?executor} \else \set executor daesa_executor \endif
\if :{?approver} \else \set approver daesa_approver \endif
\if :{?reporter} \else \set reporter daesa_reporter \endif
\if :{?schema} \else \set schema public \endif
\set ON_ERROR_STOP on
\set QUIET on

BEGIN;
-- What the server says of this script alone is left out; errors are not.
SET LOCAL client_min_messages = warning;

SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY[:'migrator', :'executor', :'approver', :'reporter']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
-- Who is no superuser must belong to a role to give something to it.
SELECT format('GRANT %I TO %I', :'migrator', current_user) WHERE NOT pg_has_role(current_user, :'migrator', 'USAGE') \gexec

-- The database and the schema.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO %I, %I, %I, %I', current_database(), :'migrator', :'executor', :'approver', :'reporter') \gexec
-- A comparison and an import work in temporary tables; the list of agreeing
-- pairs (report nightly --matched) is a comparison that is made again.
SELECT format('GRANT TEMPORARY ON DATABASE %I TO %I, %I', current_database(), :'executor', :'reporter') \gexec
CREATE SCHEMA IF NOT EXISTS :"schema";
REVOKE ALL ON SCHEMA :"schema" FROM PUBLIC;
ALTER SCHEMA :"schema" OWNER TO :"migrator";
GRANT USAGE ON SCHEMA :"schema" TO :"executor", :"approver", :"reporter";

-- What is there already goes to the migrator too.
SELECT format('ALTER TABLE %I.%I OWNER TO %I', n.nspname, c.relname, :'migrator')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :'schema' AND c.relkind IN ('r', 'p') AND pg_get_userbyid(c.relowner) <> :'migrator' \gexec
SELECT format('ALTER FUNCTION %s OWNER TO %I', p.oid::regprocedure, :'migrator')
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = :'schema' AND pg_get_userbyid(p.proowner) <> :'migrator' \gexec

-- What each role may do with each table. A name in brackets is a column, and
-- "S-" is to read all but the columns behind it. Every table of the schema must
-- stand here; one that does not is named at the end.
CREATE TEMPORARY TABLE wanted (tab text, executor text, approver text, reporter text) ON COMMIT DROP;
INSERT INTO wanted VALUES
  -- what was fetched, and what the shop says
  ('orders',          'S I U', 'S', 'S'),
  ('order_allowances', 'S I U', 'S', 'S'),
  ('order_files',     'S I U', 'S', 'S'),
  ('transactions',    'S I U', 'S', 'S'),
  -- The approver locks a payment while it counts what was asked for it, and
  -- for that needs the right to one column.
  ('payments',        'S I U', 'S U(provider)', 'S'),
  ('payment_facts',   'S I U', 'S', 'S'),
  ('cancels',         'S I U', 'S', 'S'),
  ('pages',           'S I',   'S', 'S'),
  ('windows',         'S I U', 'S', 'S'),
  ('window_reads',    'S I U', 'S', 'S'),
  ('settlement_rows', 'S I U D', 'S', 'S'),
  ('settlement_versions', 'S I', 'S', 'S'),
  ('settlement_windows', 'S I U', 'S', 'S'),
  ('ledger_transactions', 'S I U D', 'S', 'S'),
  ('ledger_moves',    'S I U', 'S', 'S'),
  ('ledger_marks',    'S I U', 'S', 'S'),
  ('ledger_pending',  'S I D', 'S', 'S'),
  ('ledger_todo',     'S I D', 'S', 'S'),
  ('ledger_adjustments', 'S I U(decided_as,amount,undone_at)', 'S I U(decided_as,amount,undone_at)', 'S'),
  ('bank_matches',    'S I U(dropped_at,dropped_by,drop_note)', 'S', 'S'),
  ('bank_match_parts', 'S I',  'S', 'S'),
  ('bank_taken_lines', 'S I D', 'S', 'S'),
  ('month_versions',  'S I U(reopened_at,reopened_by,reopen_note)', 'S I U(reopened_at,reopened_by,reopen_note)', 'S'),
  ('fee_invoices',    'S I',   'S', 'S'),
  ('month_openings',  'S I',   'S', 'S'),
  ('import_looks',    'S I U D', 'S', 'S'),
  ('captures',        'S I U', 'S', 'S'),
  ('capture_reads',   'S I U', 'S', 'S'),
  ('events',          'S I U', 'S', 'S'),
  -- the bank: a line that came is changed only in what was judged of it
  ('bank_accounts',   'S I U', 'S', 'S'),
  ('bank_files',      'S I',   'S', 'S'),
  ('bank_lines',      'S I U(sealed,payer_fits,ignored)', 'S-sealed U(ignored)', 'S-sealed'),
  -- what runs
  ('runs',            'S I U', 'S', 'S'),
  ('ticks',           'S I U', 'S', 'S'),
  ('alerts',          'S I U', 'S', 'S'),
  ('pace',            'S I U', 'S', 'S'),
  ('limit_ledger',    'S I U', 'S', 'S'),
  ('brake',           'S I D', 'S I D', 'S'),
  ('goose_db_version', 'S',    'S', 'S'),
  -- what people decide
  ('breaks',          'S I U', 'S I U', 'S'),
  ('batches',         'S I',   'S', 'S'),
  ('transfers',       'S I',   'S I', 'S'),
  ('statements',      'S I',   'S I', 'S'),
  ('hand_transfers',  'S I U(state,approved_by,approved_at,done_by,done_at,reference,note)',
                      'S U(state,approved_by,approved_at,done_by,done_at,reference,note)', 'S'),
  -- what is sent: whose money, how much and why is written once
  ('refunds',         'S I U(state,version,attempts,lease_owner,lease_until,next_at,sent_at,looked_at,finished_at,cancel_by,idempotency_key,transaction_key,error_code,error_message,in_progress,planned_foreign,approval,approved_by,approved_at,account_print,same_as,strangers)',
                      'S U(state,version,lease_owner,lease_until,next_at,sent_at,looked_at,finished_at,cancel_by,transaction_key,error_code,error_message,in_progress,planned_foreign,approval,approved_by,approved_at,account_print,strangers)', 'S'),
  ('refund_attempts', 'S I U(body,body_sha256,secret_print,last_sent,sends,unanswered,answers,answered_at,kind,http_status,code,message,trace_id,answer)',
                      'S-body', 'S-body'),
  ('accounts',        'S I U', 'S-sealed', 'S-sealed'),
  -- what happened: the head moves by the journal's own trigger, and the right to
  -- the column that can only be 1 is the right to wait for each other there
  ('journal',         'S I',   'S I', 'S'),
  ('journal_head',    'S U(one)', 'S U(one)', 'S');

SELECT format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM PUBLIC, %I, %I, %I', :'schema', :'executor', :'approver', :'reporter') \gexec
SELECT format('GRANT %s ON %I.%I TO %I',
  CASE
    WHEN word LIKE 'S-%' THEN 'SELECT (' || (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
      WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attname <> substr(word, 3)) || ')'
    WHEN word LIKE 'U(%' THEN 'UPDATE ' || substr(word, 2)
    WHEN word = 'S' THEN 'SELECT' WHEN word = 'I' THEN 'INSERT' WHEN word = 'U' THEN 'UPDATE' WHEN word = 'D' THEN 'DELETE'
  END, n.nspname, c.relname, who)
FROM wanted w
JOIN pg_namespace n ON n.nspname = :'schema'
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.tab AND c.relkind IN ('r', 'p')
CROSS JOIN LATERAL (VALUES (:'executor', w.executor), (:'approver', w.approver), (:'reporter', w.reporter)) AS role(who, rights)
CROSS JOIN LATERAL regexp_split_to_table(rights, ' ') AS word \gexec

-- The head of the journal follows each entry with the rights of the migrator, so
-- that nobody else can move it.
SELECT format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = %I, pg_temp', p.oid::regprocedure, :'schema')
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = :'schema' AND p.proname = 'journal_leads' \gexec

-- What a later migration makes, until this script was run again: the program
-- that the migration belongs to works; nobody else reads what may be sealed.
ALTER DEFAULT PRIVILEGES FOR ROLE :"migrator" IN SCHEMA :"schema" GRANT SELECT, INSERT, UPDATE ON TABLES TO :"executor";
ALTER DEFAULT PRIVILEGES FOR ROLE :"migrator" REVOKE ALL ON TABLES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE :"migrator" REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

SELECT count(*) > 0 AS unknown, string_agg(c.relname, ', ' ORDER BY c.relname) AS names
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :'schema' AND c.relkind IN ('r', 'p') AND c.relname NOT IN (SELECT tab FROM wanted) \gset
COMMIT;
\if :unknown
\warn 'these tables stand in no line of roles.sql, and nobody but the migrator may use them:' :names
\endif
