CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.answers (
    id integer NOT NULL,
    source character varying NOT NULL,
    external_id character varying NOT NULL,
    customer_source character varying NOT NULL,
    customer_key character varying,
    customer_id integer,
    answered_at bigint NOT NULL,
    csat integer,
    nps integer,
    words character varying,
    survey character varying,
    version bigint NOT NULL
);
CREATE SEQUENCE public.answers_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.answers_id_seq OWNED BY public.answers.id;
CREATE TABLE public.basis (
    customer_id integer NOT NULL,
    channel character varying NOT NULL,
    state character varying NOT NULL,
    statement_id integer
);
CREATE TABLE public.basis_statements (
    id integer NOT NULL,
    customer_id integer,
    source character varying NOT NULL,
    external_id character varying NOT NULL,
    channel character varying NOT NULL,
    says character varying NOT NULL,
    said_at bigint NOT NULL,
    recorded_at bigint NOT NULL,
    evidence character varying NOT NULL,
    wording character varying,
    actor character varying NOT NULL
);
CREATE SEQUENCE public.basis_statements_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.basis_statements_id_seq OWNED BY public.basis_statements.id;
CREATE TABLE public.bookings (
    id integer NOT NULL,
    source character varying NOT NULL,
    external_id character varying NOT NULL,
    customer_source character varying NOT NULL,
    customer_key character varying,
    customer_id integer,
    made_at bigint NOT NULL,
    starts_at bigint NOT NULL,
    status character varying NOT NULL,
    version bigint NOT NULL
);
CREATE SEQUENCE public.bookings_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.bookings_id_seq OWNED BY public.bookings.id;
CREATE TABLE public.cart_lines (
    source character varying NOT NULL,
    cart_key character varying NOT NULL,
    "position" integer NOT NULL,
    title character varying NOT NULL,
    product_key character varying,
    picture character varying,
    quantity integer NOT NULL,
    total bigint NOT NULL,
    version bigint NOT NULL
);
CREATE TABLE public.carts (
    id integer NOT NULL,
    source character varying NOT NULL,
    external_id character varying NOT NULL,
    customer_source character varying NOT NULL,
    customer_key character varying,
    customer_id integer,
    left_at bigint NOT NULL,
    converted_at bigint,
    total bigint NOT NULL,
    currency character varying NOT NULL,
    url character varying,
    version bigint NOT NULL
);
CREATE SEQUENCE public.carts_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.carts_id_seq OWNED BY public.carts.id;
CREATE TABLE public.contacts (
    identity_id integer NOT NULL,
    channel character varying NOT NULL,
    key character varying NOT NULL
);
CREATE TABLE public.customers (
    id integer NOT NULL,
    founder integer NOT NULL,
    email character varying,
    email_key character varying,
    phone_key character varying,
    first_name character varying,
    last_name character varying,
    language character varying,
    timezone character varying,
    birthday character varying,
    joined_at bigint
);
CREATE SEQUENCE public.customers_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.customers_id_seq OWNED BY public.customers.id;
CREATE TABLE public.dirty (
    id integer NOT NULL,
    customer_id integer NOT NULL,
    tick_id integer
);
CREATE SEQUENCE public.dirty_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.dirty_id_seq OWNED BY public.dirty.id;
CREATE TABLE public.enrolments (
    id integer NOT NULL,
    rule character varying NOT NULL,
    customer_id integer NOT NULL,
    occasion character varying NOT NULL,
    cart_id integer,
    answer_id integer,
    since_at bigint NOT NULL,
    due_at bigint NOT NULL,
    backlog boolean NOT NULL,
    enrolled_at bigint NOT NULL,
    verdict character varying NOT NULL,
    step character varying NOT NULL,
    next_at bigint,
    ended character varying,
    tick_id integer NOT NULL
);
CREATE SEQUENCE public.enrolments_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.enrolments_id_seq OWNED BY public.enrolments.id;
CREATE TABLE public.examinations (
    about character varying NOT NULL,
    at bigint NOT NULL,
    wrong integer NOT NULL,
    first_wrong character varying
);
CREATE TABLE public.home (
    id integer NOT NULL,
    place character varying NOT NULL,
    spoken character varying NOT NULL,
    since bigint NOT NULL
);
CREATE SEQUENCE public.home_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.home_id_seq OWNED BY public.home.id;
CREATE TABLE public.identities (
    id integer NOT NULL,
    source character varying NOT NULL,
    external_id character varying NOT NULL,
    customer_id integer,
    email character varying,
    email_key character varying,
    phone character varying,
    phone_key character varying,
    first_name character varying,
    last_name character varying,
    language character varying,
    birthday character varying,
    tags character varying NOT NULL,
    joined_at bigint,
    version bigint NOT NULL,
    timezone character varying
);
CREATE SEQUENCE public.identities_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.identities_id_seq OWNED BY public.identities.id;
CREATE TABLE public.locks (
    name character varying NOT NULL,
    holder character varying NOT NULL,
    until bigint NOT NULL
);
CREATE TABLE public.mail_events (
    id integer NOT NULL,
    source character varying NOT NULL,
    key character varying NOT NULL,
    message_id character varying,
    kind character varying NOT NULL,
    by_machine boolean NOT NULL,
    address character varying,
    detail character varying,
    happened_at bigint NOT NULL,
    received_at bigint NOT NULL
);
CREATE SEQUENCE public.mail_events_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.mail_events_id_seq OWNED BY public.mail_events.id;
CREATE TABLE public.merges (
    id integer NOT NULL,
    gone integer NOT NULL,
    kept integer NOT NULL,
    founder integer NOT NULL,
    why character varying NOT NULL,
    at bigint NOT NULL
);
CREATE SEQUENCE public.merges_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.merges_id_seq OWNED BY public.merges.id;
CREATE TABLE public.messages (
    id character varying NOT NULL,
    rule character varying NOT NULL,
    customer_id integer NOT NULL,
    occasion character varying NOT NULL,
    step character varying NOT NULL,
    enrolment_id integer NOT NULL,
    template character varying NOT NULL,
    extra character varying NOT NULL,
    purpose character varying NOT NULL,
    approve_first boolean NOT NULL,
    state character varying NOT NULL,
    reason character varying,
    created_at bigint NOT NULL,
    due_at bigint NOT NULL,
    deadline bigint NOT NULL,
    settled_at bigint,
    claimed_by character varying,
    claimed_until bigint,
    to_address character varying,
    basis character varying,
    tick_id integer NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    retry_at bigint,
    through character varying,
    approve_until bigint
);
CREATE TABLE public.metrics (
    customer_id integer NOT NULL,
    visits integer NOT NULL,
    orders integer NOT NULL,
    spent bigint NOT NULL,
    first_visit_at bigint,
    last_visit_at bigint,
    expected_back_at bigint
);
CREATE TABLE public.order_lines (
    source character varying NOT NULL,
    order_key character varying NOT NULL,
    "position" integer NOT NULL,
    title character varying NOT NULL,
    product_key character varying,
    quantity integer NOT NULL,
    total bigint NOT NULL,
    version bigint NOT NULL
);
CREATE TABLE public.orders (
    id integer NOT NULL,
    source character varying NOT NULL,
    external_id character varying NOT NULL,
    customer_source character varying NOT NULL,
    customer_key character varying,
    customer_id integer,
    placed_at bigint NOT NULL,
    total bigint NOT NULL,
    currency character varying NOT NULL,
    channel character varying NOT NULL,
    counts boolean NOT NULL,
    version bigint NOT NULL
);
CREATE SEQUENCE public.orders_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.orders_id_seq OWNED BY public.orders.id;
CREATE TABLE public.points_balances (
    customer_id integer NOT NULL,
    balance bigint NOT NULL
);
CREATE TABLE public.points_entries (
    id integer NOT NULL,
    source character varying NOT NULL,
    external_id character varying NOT NULL,
    customer_source character varying NOT NULL,
    customer_key character varying,
    customer_id integer,
    kind character varying NOT NULL,
    points bigint NOT NULL,
    at bigint NOT NULL,
    expires_at bigint,
    order_source character varying,
    order_key character varying,
    version bigint NOT NULL
);
CREATE SEQUENCE public.points_entries_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.points_entries_id_seq OWNED BY public.points_entries.id;
CREATE TABLE public.points_lots (
    entry_id integer NOT NULL,
    customer_id integer NOT NULL,
    earned_at bigint NOT NULL,
    expires_at bigint,
    "left" bigint NOT NULL
);
CREATE TABLE public.quarantine (
    id integer NOT NULL,
    source character varying NOT NULL,
    stream character varying NOT NULL,
    record_key character varying NOT NULL,
    reason character varying NOT NULL,
    record character varying NOT NULL,
    seen_at bigint NOT NULL
);
CREATE SEQUENCE public.quarantine_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.quarantine_id_seq OWNED BY public.quarantine.id;
CREATE TABLE public.refunds (
    id integer NOT NULL,
    source character varying NOT NULL,
    external_id character varying NOT NULL,
    order_key character varying NOT NULL,
    refunded_at bigint NOT NULL,
    total bigint NOT NULL,
    version bigint NOT NULL
);
CREATE SEQUENCE public.refunds_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.refunds_id_seq OWNED BY public.refunds.id;
CREATE TABLE public.rule_states (
    rule character varying NOT NULL,
    since bigint NOT NULL,
    looked_until bigint NOT NULL,
    looked_length bigint,
    backlog_done boolean NOT NULL
);
CREATE TABLE public.shared_phones (
    phone_key character varying NOT NULL,
    why character varying NOT NULL,
    seen_at bigint NOT NULL
);
CREATE TABLE public.sign_ups (
    id character varying NOT NULL,
    address character varying NOT NULL,
    address_key character varying NOT NULL,
    first_name character varying,
    birthday character varying,
    wording character varying NOT NULL,
    asked_at bigint NOT NULL,
    confirmed_at bigint,
    state character varying NOT NULL,
    reason character varying,
    settled_at bigint,
    claimed_by character varying,
    claimed_until bigint,
    attempts integer NOT NULL,
    retry_at bigint,
    through character varying
);
CREATE TABLE public.stops (
    what character varying NOT NULL,
    since bigint NOT NULL,
    because character varying
);
CREATE TABLE public.suppressions (
    address character varying NOT NULL,
    reason character varying NOT NULL,
    detail character varying,
    since bigint NOT NULL,
    lifted_at bigint,
    lifted_because character varying
);
CREATE TABLE public.sync_states (
    source character varying NOT NULL,
    stream character varying NOT NULL,
    since bigint,
    until bigint,
    cursor character varying,
    fingerprint character varying,
    finished_at bigint
);
CREATE TABLE public.tasks (
    id integer NOT NULL,
    rule character varying NOT NULL,
    customer_id integer NOT NULL,
    enrolment_id integer NOT NULL,
    step character varying NOT NULL,
    words character varying NOT NULL,
    created_at bigint NOT NULL,
    due_at bigint,
    done_at bigint
);
CREATE SEQUENCE public.tasks_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.tasks_id_seq OWNED BY public.tasks.id;
CREATE TABLE public.ticks (
    id integer NOT NULL,
    at bigint NOT NULL,
    started_at bigint NOT NULL,
    currency character varying
);
CREATE SEQUENCE public.ticks_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ticks_id_seq OWNED BY public.ticks.id;
CREATE TABLE public.write_backs (
    id integer NOT NULL,
    source character varying NOT NULL,
    key character varying NOT NULL,
    customer_id integer NOT NULL,
    said_at bigint NOT NULL,
    attempts integer NOT NULL,
    retry_at bigint,
    done_at bigint,
    outcome character varying
);
CREATE SEQUENCE public.write_backs_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.write_backs_id_seq OWNED BY public.write_backs.id;
ALTER TABLE ONLY public.answers ALTER COLUMN id SET DEFAULT nextval('public.answers_id_seq'::regclass);
ALTER TABLE ONLY public.basis_statements ALTER COLUMN id SET DEFAULT nextval('public.basis_statements_id_seq'::regclass);
ALTER TABLE ONLY public.bookings ALTER COLUMN id SET DEFAULT nextval('public.bookings_id_seq'::regclass);
ALTER TABLE ONLY public.carts ALTER COLUMN id SET DEFAULT nextval('public.carts_id_seq'::regclass);
ALTER TABLE ONLY public.customers ALTER COLUMN id SET DEFAULT nextval('public.customers_id_seq'::regclass);
ALTER TABLE ONLY public.dirty ALTER COLUMN id SET DEFAULT nextval('public.dirty_id_seq'::regclass);
ALTER TABLE ONLY public.enrolments ALTER COLUMN id SET DEFAULT nextval('public.enrolments_id_seq'::regclass);
ALTER TABLE ONLY public.home ALTER COLUMN id SET DEFAULT nextval('public.home_id_seq'::regclass);
ALTER TABLE ONLY public.identities ALTER COLUMN id SET DEFAULT nextval('public.identities_id_seq'::regclass);
ALTER TABLE ONLY public.mail_events ALTER COLUMN id SET DEFAULT nextval('public.mail_events_id_seq'::regclass);
ALTER TABLE ONLY public.merges ALTER COLUMN id SET DEFAULT nextval('public.merges_id_seq'::regclass);
ALTER TABLE ONLY public.orders ALTER COLUMN id SET DEFAULT nextval('public.orders_id_seq'::regclass);
ALTER TABLE ONLY public.points_entries ALTER COLUMN id SET DEFAULT nextval('public.points_entries_id_seq'::regclass);
ALTER TABLE ONLY public.quarantine ALTER COLUMN id SET DEFAULT nextval('public.quarantine_id_seq'::regclass);
ALTER TABLE ONLY public.refunds ALTER COLUMN id SET DEFAULT nextval('public.refunds_id_seq'::regclass);
ALTER TABLE ONLY public.tasks ALTER COLUMN id SET DEFAULT nextval('public.tasks_id_seq'::regclass);
ALTER TABLE ONLY public.ticks ALTER COLUMN id SET DEFAULT nextval('public.ticks_id_seq'::regclass);
ALTER TABLE ONLY public.write_backs ALTER COLUMN id SET DEFAULT nextval('public.write_backs_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0008');
INSERT INTO public.answers VALUES (3, 'survey', '052f921f445a542a97272322-1', 'survey', 'ana@mail.example', 34, 1772739000000000, 5, NULL, 'Lovely', NULL, 1772789400000000);
INSERT INTO public.answers VALUES (1, 'survey', '5597f26a792720587ef7b13f-1', 'survey', 'rosa@mail.example', 35, 1772733600000000, 2, NULL, 'The bread was stale', NULL, 1772789400000000);
INSERT INTO public.answers VALUES (2, 'survey', '16a0ed03ee8e8ca958e049a2-1', 'survey', 'walter@mail.example', 37, 1772737200000000, 1, NULL, 'Cold coffee', NULL, 1772789400000000);
INSERT INTO public.basis VALUES (36, 'e-mail', 'no', 37);
INSERT INTO public.basis VALUES (38, 'e-mail', 'yes', 39);
INSERT INTO public.basis VALUES (39, 'e-mail', 'yes', 40);
INSERT INTO public.basis VALUES (40, 'e-mail', 'none', NULL);
INSERT INTO public.basis VALUES (41, 'e-mail', 'yes', 42);
INSERT INTO public.basis VALUES (1, 'e-mail', 'yes', 1);
INSERT INTO public.basis VALUES (2, 'e-mail', 'yes', 2);
INSERT INTO public.basis VALUES (3, 'e-mail', 'yes', 3);
INSERT INTO public.basis VALUES (4, 'e-mail', 'yes', 4);
INSERT INTO public.basis VALUES (5, 'e-mail', 'yes', 5);
INSERT INTO public.basis VALUES (6, 'e-mail', 'yes', 6);
INSERT INTO public.basis VALUES (7, 'e-mail', 'yes', 7);
INSERT INTO public.basis VALUES (8, 'e-mail', 'yes', 8);
INSERT INTO public.basis VALUES (9, 'e-mail', 'no', 45);
INSERT INTO public.basis VALUES (10, 'e-mail', 'yes', 10);
INSERT INTO public.basis VALUES (11, 'e-mail', 'yes', 11);
INSERT INTO public.basis VALUES (12, 'e-mail', 'yes', 12);
INSERT INTO public.basis VALUES (13, 'e-mail', 'no', 46);
INSERT INTO public.basis VALUES (14, 'e-mail', 'yes', 14);
INSERT INTO public.basis VALUES (15, 'e-mail', 'yes', 15);
INSERT INTO public.basis VALUES (17, 'e-mail', 'none', NULL);
INSERT INTO public.basis VALUES (21, 'e-mail', 'yes', 21);
INSERT INTO public.basis VALUES (22, 'e-mail', 'yes', 22);
INSERT INTO public.basis VALUES (23, 'e-mail', 'yes', 23);
INSERT INTO public.basis VALUES (24, 'e-mail', 'none', NULL);
INSERT INTO public.basis VALUES (25, 'e-mail', 'none', NULL);
INSERT INTO public.basis VALUES (26, 'e-mail', 'none', NULL);
INSERT INTO public.basis VALUES (27, 'e-mail', 'none', NULL);
INSERT INTO public.basis VALUES (28, 'e-mail', 'none', NULL);
INSERT INTO public.basis VALUES (29, 'e-mail', 'none', NULL);
INSERT INTO public.basis VALUES (30, 'e-mail', 'none', NULL);
INSERT INTO public.basis VALUES (31, 'e-mail', 'none', NULL);
INSERT INTO public.basis VALUES (32, 'e-mail', 'no', 32);
INSERT INTO public.basis VALUES (34, 'e-mail', 'yes', 35);
INSERT INTO public.basis VALUES (35, 'e-mail', 'yes', 36);
INSERT INTO public.basis VALUES (37, 'e-mail', 'yes', 38);
INSERT INTO public.basis VALUES (44, 'e-mail', 'yes', 47);
INSERT INTO public.basis VALUES (16, 'e-mail', 'yes', 16);
INSERT INTO public.basis VALUES (18, 'e-mail', 'no', 18);
INSERT INTO public.basis VALUES (19, 'e-mail', 'yes', 19);
INSERT INTO public.basis VALUES (42, 'e-mail', 'yes', 43);
INSERT INTO public.basis VALUES (43, 'e-mail', 'yes', 44);
INSERT INTO public.basis VALUES (45, 'e-mail', 'yes', 48);
INSERT INTO public.basis VALUES (46, 'e-mail', 'yes', 49);
INSERT INTO public.basis VALUES (47, 'e-mail', 'yes', 50);
INSERT INTO public.basis VALUES (20, 'e-mail', 'yes', 20);
INSERT INTO public.basis_statements VALUES (1, 1, 'online-shop', '7120000000001', 'e-mail', 'yes', 1746176400000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (2, 2, 'online-shop', '7120000000002', 'e-mail', 'yes', 1746262800000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (3, 3, 'online-shop', '7120000000003', 'e-mail', 'yes', 1746349200000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (4, 4, 'online-shop', '7120000000004', 'e-mail', 'yes', 1746435600000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (5, 5, 'online-shop', '7120000000005', 'e-mail', 'yes', 1746522000000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (6, 6, 'online-shop', '7120000000006', 'e-mail', 'yes', 1746608400000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (7, 7, 'online-shop', '7120000000007', 'e-mail', 'yes', 1746694800000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (8, 8, 'online-shop', '7120000000008', 'e-mail', 'yes', 1746781200000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (9, 9, 'online-shop', '7120000000009', 'e-mail', 'yes', 1746090000000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (10, 10, 'online-shop', '7120000000010', 'e-mail', 'yes', 1746176400000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (11, 11, 'online-shop', '7120000000011', 'e-mail', 'yes', 1746262800000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (12, 12, 'online-shop', '7120000000012', 'e-mail', 'yes', 1746349200000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (13, 13, 'online-shop', '7120000000013', 'e-mail', 'yes', 1746435600000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (14, 14, 'online-shop', '7120000000014', 'e-mail', 'yes', 1746522000000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (15, 15, 'online-shop', '7120000000015', 'e-mail', 'yes', 1748768400000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (16, 16, 'online-shop', '7120000000016', 'e-mail', 'yes', 1748768400000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (17, 17, 'online-shop', '7120000000017', 'e-mail', 'none', 1748768400000000, 1772100000000000, 'Shopify NOT_SUBSCRIBED', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (18, 18, 'online-shop', '7120000000018', 'e-mail', 'no', 1748768400000000, 1772100000000000, 'Shopify UNSUBSCRIBED', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (19, 19, 'online-shop', '7120000000019', 'e-mail', 'yes', 1748768400000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (20, 20, 'online-shop', '7120000000025', 'e-mail', 'yes', 1738400400000000, 1772100000000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (21, 21, 'till', 'T00', 'e-mail', 'yes', 1751360400000000, 1772100000000000, 'Square EMAIL_COLLECTION', NULL, 'till');
INSERT INTO public.basis_statements VALUES (22, 22, 'till', 'T01', 'e-mail', 'yes', 1751360400000000, 1772100000000000, 'Square EMAIL_COLLECTION', NULL, 'till');
INSERT INTO public.basis_statements VALUES (23, 23, 'till', 'T02', 'e-mail', 'yes', 1751360400000000, 1772100000000000, 'Square EMAIL_COLLECTION', NULL, 'till');
INSERT INTO public.basis_statements VALUES (24, 24, 'till', 'T03', 'e-mail', 'none', 0, 1772100000000000, 'Square THIRD_PARTY', NULL, 'till');
INSERT INTO public.basis_statements VALUES (25, 25, 'till', 'T04', 'e-mail', 'none', 0, 1772100000000000, 'Square THIRD_PARTY', NULL, 'till');
INSERT INTO public.basis_statements VALUES (26, 26, 'till', 'T05', 'e-mail', 'none', 0, 1772100000000000, 'Square THIRD_PARTY', NULL, 'till');
INSERT INTO public.basis_statements VALUES (27, 27, 'till', 'T06', 'e-mail', 'none', 0, 1772100000000000, 'Square THIRD_PARTY', NULL, 'till');
INSERT INTO public.basis_statements VALUES (28, 28, 'till', 'T07', 'e-mail', 'none', 0, 1772100000000000, 'Square THIRD_PARTY', NULL, 'till');
INSERT INTO public.basis_statements VALUES (29, 29, 'till', 'T08', 'e-mail', 'none', 0, 1772100000000000, 'Square THIRD_PARTY', NULL, 'till');
INSERT INTO public.basis_statements VALUES (30, 30, 'till', 'T09', 'e-mail', 'none', 0, 1772100000000000, 'Square THIRD_PARTY', NULL, 'till');
INSERT INTO public.basis_statements VALUES (31, 31, 'till', 'T10', 'e-mail', 'none', 0, 1772100000000000, 'Square THIRD_PARTY', NULL, 'till');
INSERT INTO public.basis_statements VALUES (32, 32, 'till', 'T11', 'e-mail', 'no', 0, 1772100000000000, 'Square email_unsubscribed', NULL, 'till');
INSERT INTO public.basis_statements VALUES (33, 20, 'till', 'T20', 'e-mail', 'none', 0, 1772100000000000, 'Square THIRD_PARTY', NULL, 'till');
INSERT INTO public.basis_statements VALUES (34, 20, 'old-list', 'L1', 'e-mail', 'none', 0, 1772100000000000, 'column Newsletter of old-customers.csv said nothing', NULL, 'old-list');
INSERT INTO public.basis_statements VALUES (35, 34, 'old-list', 'L2', 'e-mail', 'yes', 0, 1772100000000000, 'column Newsletter of old-customers.csv said yes', NULL, 'old-list');
INSERT INTO public.basis_statements VALUES (36, 35, 'old-list', 'L3', 'e-mail', 'yes', 0, 1772100000000000, 'column Newsletter of old-customers.csv said yes', NULL, 'old-list');
INSERT INTO public.basis_statements VALUES (37, 36, 'old-list', 'L4', 'e-mail', 'no', 0, 1772100000000000, 'column Newsletter of old-customers.csv said no', NULL, 'old-list');
INSERT INTO public.basis_statements VALUES (38, 37, 'old-list', 'L5', 'e-mail', 'yes', 0, 1772100000000000, 'column Newsletter of old-customers.csv said yes', NULL, 'old-list');
INSERT INTO public.basis_statements VALUES (39, 38, 'old-list', 'L6', 'e-mail', 'yes', 0, 1772100000000000, 'column Newsletter of old-customers.csv said yes', NULL, 'old-list');
INSERT INTO public.basis_statements VALUES (40, 39, 'old-list', 'L7', 'e-mail', 'yes', 0, 1772100000000000, 'column Newsletter of old-customers.csv said yes', NULL, 'old-list');
INSERT INTO public.basis_statements VALUES (41, 40, 'old-list', 'L8', 'e-mail', 'none', 0, 1772100000000000, 'column Newsletter of old-customers.csv said nothing', NULL, 'old-list');
INSERT INTO public.basis_statements VALUES (42, 41, 'old-list', 'L9', 'e-mail', 'yes', 0, 1772100000000000, 'column Newsletter of old-customers.csv said yes', NULL, 'old-list');
INSERT INTO public.basis_statements VALUES (43, 42, 'online-shop', '7120000000020', 'e-mail', 'yes', 1772377200000000, 1772445600000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (44, 43, 'online-shop', '7120000000021', 'e-mail', 'yes', 1772380800000000, 1772445600000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (45, 9, 'unsubscribe-page', 'customer 9', 'e-mail', 'no', 1772708400000000, 1772708400000000, 'one click in the mail program (RFC 8058), from mail f84405ed152bbaf7d60f73c9022ccc27', 'List-Unsubscribe=One-Click', 'the customer');
INSERT INTO public.basis_statements VALUES (46, 13, 'unsubscribe-page', 'customer 13', 'e-mail', 'no', 1772708400000000, 1772708400000000, 'the button on the unsubscribe page, from mail 38447e3969e087cb295df41243a6dcaf', 'Corner Café
Do you want no more emails from Corner Café?
Unsubscribe', 'the customer');
INSERT INTO public.basis_statements VALUES (47, 44, 'sign-up', 'sara@mail.example', 'e-mail', 'yes', 1772709600000000, 1772709600000000, 'double opt-in: asked on 5 March 2026, 11:05, confirmed from mail 21c1e5ddb74757ce354d6daa2e151c68', 'Corner Café may write to me, twice a month at most.', 'the customer');
INSERT INTO public.basis_statements VALUES (48, 45, 'online-shop', '7120000000022', 'e-mail', 'yes', 1772722800000000, 1772789400000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (49, 46, 'online-shop', '7120000000023', 'e-mail', 'yes', 1772726400000000, 1772789400000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.basis_statements VALUES (50, 47, 'online-shop', '7120000000024', 'e-mail', 'yes', 1772730000000000, 1772789400000000, 'Shopify SUBSCRIBED, SINGLE_OPT_IN', NULL, 'online-shop');
INSERT INTO public.bookings VALUES (1, 'till', 'B0', 'till', 'T00', 21, 1768899600000000, 1770732000000000, 'kept', 1770733800000000);
INSERT INTO public.bookings VALUES (2, 'till', 'B2', 'till', 'T02', 23, 1768899600000000, 1770904800000000, 'missed', 1770906600000001);
INSERT INTO public.bookings VALUES (3, 'till', 'B1', 'till', 'T01', 22, 1768899600000000, 1773324000000000, 'booked', 1768899600000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31001', 0, 'Granola', '501', NULL, 1, 2450, 1772517600000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31002', 0, 'Granola', '501', NULL, 1, 2450, 1772517660000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31003', 0, 'Granola', '501', NULL, 1, 2450, 1772517720000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31004', 0, 'Granola', '501', NULL, 1, 2450, 1772517780000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31005', 0, 'Granola', '501', NULL, 1, 2450, 1772517840000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31006', 0, 'Granola', '501', NULL, 1, 2450, 1772517900000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31011', 0, 'Granola', '501', NULL, 1, 2450, 1772593200000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31012', 0, 'Granola', '501', NULL, 1, 2450, 1772593260000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31013', 0, 'Granola', '501', NULL, 1, 2450, 1772593320000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31021', 0, 'Granola', '501', NULL, 1, 2450, 1772654400000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31022', 0, 'Granola', '501', NULL, 1, 2450, 1772654460000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31023', 0, 'Granola', '501', NULL, 1, 2450, 1772654520000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31024', 0, 'Granola', '501', NULL, 1, 2450, 1772654580000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31025', 0, 'Granola', '501', NULL, 1, 2450, 1772654640000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31045', 0, 'Granola', '501', NULL, 1, 2450, 1772655000000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31046', 0, 'Granola', '501', NULL, 1, 2450, 1772655060000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31047', 0, 'Granola', '501', NULL, 1, 2450, 1772655120000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31048', 0, 'Granola', '501', NULL, 1, 2450, 1772655180000000);
INSERT INTO public.cart_lines VALUES ('online-shop', '31049', 0, 'Granola', '501', NULL, 1, 2450, 1772655240000000);
INSERT INTO public.carts VALUES (26, 'online-shop', '31022', 'online-shop', '7120000000011', 11, 1772654460000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/22', 1772654460000000);
INSERT INTO public.carts VALUES (27, 'online-shop', '31023', 'online-shop', '7120000000012', 12, 1772654520000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/23', 1772654520000000);
INSERT INTO public.carts VALUES (28, 'online-shop', '31024', 'online-shop', '7120000000013', 13, 1772654580000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/24', 1772654580000000);
INSERT INTO public.carts VALUES (29, 'online-shop', '31025', 'online-shop', '7120000000014', 14, 1772654640000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/25', 1772654640000000);
INSERT INTO public.carts VALUES (30, 'online-shop', '31045', 'online-shop', '7120000000015', 15, 1772655000000000, NULL, 2450, 'EUR', NULL, 1772655000000000);
INSERT INTO public.carts VALUES (31, 'online-shop', '31046', 'online-shop', '7120000000016', 16, 1772655060000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/46', 1772655060000000);
INSERT INTO public.carts VALUES (1, 'online-shop', '31001', 'online-shop', '7120000000001', 1, 1772517600000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/1', 1772517600000000);
INSERT INTO public.carts VALUES (2, 'online-shop', '31002', 'online-shop', '7120000000002', 2, 1772517660000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/2', 1772517660000000);
INSERT INTO public.carts VALUES (3, 'online-shop', '31003', 'online-shop', '7120000000003', 3, 1772517720000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/3', 1772517720000000);
INSERT INTO public.carts VALUES (4, 'online-shop', '31004', 'online-shop', '7120000000004', 4, 1772517780000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/4', 1772517780000000);
INSERT INTO public.carts VALUES (5, 'online-shop', '31005', 'online-shop', '7120000000005', 5, 1772517840000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/5', 1772517840000000);
INSERT INTO public.carts VALUES (6, 'online-shop', '31006', 'online-shop', '7120000000006', 6, 1772517900000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/6', 1772517900000000);
INSERT INTO public.carts VALUES (13, 'online-shop', '31011', 'online-shop', '7120000000007', 7, 1772593200000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/11', 1772593200000000);
INSERT INTO public.carts VALUES (14, 'online-shop', '31012', 'online-shop', '7120000000008', 8, 1772593260000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/12', 1772593260000000);
INSERT INTO public.carts VALUES (15, 'online-shop', '31013', 'online-shop', '7120000000009', 9, 1772593320000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/13', 1772593320000000);
INSERT INTO public.carts VALUES (25, 'online-shop', '31021', 'online-shop', '7120000000010', 10, 1772654400000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/21', 1772654400000000);
INSERT INTO public.carts VALUES (32, 'online-shop', '31047', 'online-shop', '7120000000017', 17, 1772655120000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/47', 1772655120000000);
INSERT INTO public.carts VALUES (33, 'online-shop', '31048', 'online-shop', '7120000000018', 18, 1772655180000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/48', 1772655180000000);
INSERT INTO public.carts VALUES (34, 'online-shop', '31049', 'online-shop', '7120000000019', 19, 1772655240000000, NULL, 2450, 'EUR', 'https://corner-cafe.example/recover/49', 1772655240000000);
INSERT INTO public.contacts VALUES (1, 'e-mail', 'clara@mail.example');
INSERT INTO public.contacts VALUES (1, 'phone', '+351912000001');
INSERT INTO public.contacts VALUES (2, 'e-mail', 'duarte@mail.example');
INSERT INTO public.contacts VALUES (2, 'phone', '+351912000002');
INSERT INTO public.contacts VALUES (3, 'e-mail', 'elisa@mail.example');
INSERT INTO public.contacts VALUES (4, 'e-mail', 'filipe@mail.example');
INSERT INTO public.contacts VALUES (5, 'e-mail', 'graca@mail.example');
INSERT INTO public.contacts VALUES (6, 'e-mail', 'hugo@mail.example');
INSERT INTO public.contacts VALUES (7, 'e-mail', 'ines@mail.example');
INSERT INTO public.contacts VALUES (8, 'e-mail', 'jorge@mail.example');
INSERT INTO public.contacts VALUES (9, 'e-mail', 'lia@mail.example');
INSERT INTO public.contacts VALUES (10, 'e-mail', 'manuel@mail.example');
INSERT INTO public.contacts VALUES (11, 'e-mail', 'nadia@mail.example');
INSERT INTO public.contacts VALUES (12, 'e-mail', 'otavio@mail.example');
INSERT INTO public.contacts VALUES (13, 'e-mail', 'paula@mail.example');
INSERT INTO public.contacts VALUES (14, 'e-mail', 'quim@mail.example');
INSERT INTO public.contacts VALUES (15, 'e-mail', 'rita@mail.example');
INSERT INTO public.contacts VALUES (16, 'e-mail', 'sonia@mail.example');
INSERT INTO public.contacts VALUES (17, 'e-mail', 'tiago@mail.example');
INSERT INTO public.contacts VALUES (18, 'e-mail', 'urbano@mail.example');
INSERT INTO public.contacts VALUES (19, 'e-mail', 'goncalo@mail.example');
INSERT INTO public.contacts VALUES (20, 'e-mail', 'bruno@mail.example');
INSERT INTO public.contacts VALUES (21, 'e-mail', 'alda@mail.example');
INSERT INTO public.contacts VALUES (22, 'e-mail', 'baltasar@mail.example');
INSERT INTO public.contacts VALUES (23, 'e-mail', 'celia@mail.example');
INSERT INTO public.contacts VALUES (24, 'e-mail', 'dinis@mail.example');
INSERT INTO public.contacts VALUES (25, 'e-mail', 'eva@mail.example');
INSERT INTO public.contacts VALUES (26, 'e-mail', 'fausto@mail.example');
INSERT INTO public.contacts VALUES (27, 'e-mail', 'gil@mail.example');
INSERT INTO public.contacts VALUES (28, 'e-mail', 'helena@mail.example');
INSERT INTO public.contacts VALUES (29, 'e-mail', 'ivo@mail.example');
INSERT INTO public.contacts VALUES (30, 'e-mail', 'joana@mail.example');
INSERT INTO public.contacts VALUES (31, 'e-mail', 'katia@mail.example');
INSERT INTO public.contacts VALUES (32, 'e-mail', 'luis@mail.example');
INSERT INTO public.contacts VALUES (33, 'phone', '+351912009999');
INSERT INTO public.contacts VALUES (34, 'e-mail', 'bruno@mail.example');
INSERT INTO public.contacts VALUES (34, 'phone', '+351912009999');
INSERT INTO public.contacts VALUES (35, 'e-mail', 'ana@mail.example');
INSERT INTO public.contacts VALUES (36, 'e-mail', 'rosa@mail.example');
INSERT INTO public.contacts VALUES (37, 'e-mail', 'noemi@mail.example');
INSERT INTO public.contacts VALUES (38, 'e-mail', 'walter@mail.example');
INSERT INTO public.contacts VALUES (39, 'e-mail', 'berta@mail.example');
INSERT INTO public.contacts VALUES (40, 'e-mail', 'carlos@mail.example');
INSERT INTO public.contacts VALUES (41, 'e-mail', 'olga@mail.example');
INSERT INTO public.contacts VALUES (62, 'e-mail', 'vera@mail.example');
INSERT INTO public.contacts VALUES (63, 'e-mail', 'xavier@mail.example');
INSERT INTO public.contacts VALUES (183, 'e-mail', 'sara@mail.example');
INSERT INTO public.contacts VALUES (205, 'e-mail', 'yara@mail.example');
INSERT INTO public.contacts VALUES (206, 'e-mail', 'zita@mail.example');
INSERT INTO public.contacts VALUES (207, 'e-mail', 'abel@mail.example');
INSERT INTO public.contacts VALUES (222, 'e-mail', 'rosa@mail.example');
INSERT INTO public.contacts VALUES (223, 'e-mail', 'walter@mail.example');
INSERT INTO public.contacts VALUES (224, 'e-mail', 'ana@mail.example');
INSERT INTO public.customers VALUES (36, 37, 'noemi@mail.example', 'noemi@mail.example', NULL, 'Noemi', NULL, NULL, NULL, '1968-03-10', NULL);
INSERT INTO public.customers VALUES (38, 39, 'berta@mail.example', 'berta@mail.example', NULL, 'Berta', NULL, NULL, NULL, '1975-03-08', NULL);
INSERT INTO public.customers VALUES (39, 40, 'carlos@mail.example', 'carlos@mail.example', NULL, 'Carlos', NULL, NULL, NULL, '1988-03-02', NULL);
INSERT INTO public.customers VALUES (40, 41, 'olga@mail.example', 'olga@mail.example', NULL, 'Olga', NULL, NULL, NULL, '1988-09-11', NULL);
INSERT INTO public.customers VALUES (41, 42, NULL, NULL, NULL, 'Pia', NULL, NULL, NULL, '1988-10-11', NULL);
INSERT INTO public.customers VALUES (1, 1, 'clara@mail.example', 'clara@mail.example', '+351912000001', 'Clara', 'Silva', 'pt-PT', NULL, NULL, 1746176400000000);
INSERT INTO public.customers VALUES (2, 2, 'duarte@mail.example', 'duarte@mail.example', '+351912000002', 'Duarte', 'Costa', 'pt-PT', NULL, '1990-03-09', 1746262800000000);
INSERT INTO public.customers VALUES (3, 3, 'elisa@mail.example', 'elisa@mail.example', NULL, 'Elisa', 'Silva', 'pt-PT', NULL, NULL, 1746349200000000);
INSERT INTO public.customers VALUES (4, 4, 'filipe@mail.example', 'filipe@mail.example', NULL, 'Filipe', 'Costa', 'pt-PT', NULL, NULL, 1746435600000000);
INSERT INTO public.customers VALUES (5, 5, 'graca@mail.example', 'graca@mail.example', NULL, 'Graça', 'Silva', 'pt-PT', NULL, NULL, 1746522000000000);
INSERT INTO public.customers VALUES (6, 6, 'hugo@mail.example', 'hugo@mail.example', NULL, 'Hugo', 'Costa', 'pt-PT', NULL, NULL, 1746608400000000);
INSERT INTO public.customers VALUES (7, 7, 'ines@mail.example', 'ines@mail.example', NULL, 'Inês', 'Silva', 'pt-PT', NULL, NULL, 1746694800000000);
INSERT INTO public.customers VALUES (8, 8, 'jorge@mail.example', 'jorge@mail.example', NULL, 'Jorge', 'Costa', 'pt-PT', NULL, NULL, 1746781200000000);
INSERT INTO public.customers VALUES (9, 9, 'lia@mail.example', 'lia@mail.example', NULL, 'Lia', 'Silva', 'pt-PT', NULL, NULL, 1746090000000000);
INSERT INTO public.customers VALUES (10, 10, 'manuel@mail.example', 'manuel@mail.example', NULL, 'Manuel', 'Costa', 'pt-PT', NULL, NULL, 1746176400000000);
INSERT INTO public.customers VALUES (11, 11, 'nadia@mail.example', 'nadia@mail.example', NULL, 'Nádia', 'Silva', 'pt-PT', NULL, NULL, 1746262800000000);
INSERT INTO public.customers VALUES (12, 12, 'otavio@mail.example', 'otavio@mail.example', NULL, 'Otávio', 'Costa', 'pt-PT', NULL, NULL, 1746349200000000);
INSERT INTO public.customers VALUES (13, 13, 'paula@mail.example', 'paula@mail.example', NULL, 'Paula', 'Silva', 'pt-PT', NULL, NULL, 1746435600000000);
INSERT INTO public.customers VALUES (14, 14, 'quim@mail.example', 'quim@mail.example', NULL, 'Quim', 'Costa', 'pt-PT', NULL, NULL, 1746522000000000);
INSERT INTO public.customers VALUES (15, 15, 'rita@mail.example', 'rita@mail.example', NULL, 'Rita', 'Silva', 'pt-PT', NULL, NULL, 1748768400000000);
INSERT INTO public.customers VALUES (34, 35, 'ana@mail.example', 'ana@mail.example', NULL, 'Ana', NULL, NULL, NULL, '1991-03-05', NULL);
INSERT INTO public.customers VALUES (35, 36, 'rosa@mail.example', 'rosa@mail.example', NULL, 'Rosa', NULL, NULL, NULL, '1979-03-09', NULL);
INSERT INTO public.customers VALUES (37, 38, 'walter@mail.example', 'walter@mail.example', NULL, 'Walter', NULL, NULL, 'America/New_York', '1980-03-09', NULL);
INSERT INTO public.customers VALUES (21, 21, 'alda@mail.example', 'alda@mail.example', NULL, 'Alda', NULL, NULL, NULL, NULL, 1751360400000000);
INSERT INTO public.customers VALUES (22, 22, 'baltasar@mail.example', 'baltasar@mail.example', NULL, 'Baltasar', NULL, NULL, NULL, NULL, 1751360400000000);
INSERT INTO public.customers VALUES (23, 23, 'celia@mail.example', 'celia@mail.example', NULL, 'Célia', NULL, NULL, NULL, NULL, 1751360400000000);
INSERT INTO public.customers VALUES (24, 24, 'dinis@mail.example', 'dinis@mail.example', NULL, 'Dinis', NULL, NULL, NULL, NULL, 1751360400000000);
INSERT INTO public.customers VALUES (25, 25, 'eva@mail.example', 'eva@mail.example', NULL, 'Eva', NULL, NULL, NULL, NULL, 1751360400000000);
INSERT INTO public.customers VALUES (26, 26, 'fausto@mail.example', 'fausto@mail.example', NULL, 'Fausto', NULL, NULL, NULL, NULL, 1751360400000000);
INSERT INTO public.customers VALUES (27, 27, 'gil@mail.example', 'gil@mail.example', NULL, 'Gil', NULL, NULL, NULL, NULL, 1751360400000000);
INSERT INTO public.customers VALUES (28, 28, 'helena@mail.example', 'helena@mail.example', NULL, 'Helena', NULL, NULL, NULL, NULL, 1751360400000000);
INSERT INTO public.customers VALUES (29, 29, 'ivo@mail.example', 'ivo@mail.example', NULL, 'Ivo', NULL, NULL, NULL, NULL, 1751360400000000);
INSERT INTO public.customers VALUES (30, 30, 'joana@mail.example', 'joana@mail.example', NULL, 'Joana', NULL, NULL, NULL, NULL, 1751360400000000);
INSERT INTO public.customers VALUES (31, 31, 'katia@mail.example', 'katia@mail.example', NULL, 'Katia', NULL, NULL, NULL, NULL, 1751360400000000);
INSERT INTO public.customers VALUES (32, 32, 'luis@mail.example', 'luis@mail.example', NULL, 'Luís', NULL, NULL, NULL, NULL, 1751360400000000);
INSERT INTO public.customers VALUES (44, 183, 'sara@mail.example', 'sara@mail.example', NULL, 'Sara', NULL, NULL, NULL, NULL, 1772708700000000);
INSERT INTO public.customers VALUES (16, 16, 'sonia@mail.example', 'sonia@mail.example', NULL, 'Sónia', 'Costa', 'pt-PT', NULL, NULL, 1748768400000000);
INSERT INTO public.customers VALUES (17, 17, 'tiago@mail.example', 'tiago@mail.example', NULL, 'Tiago', 'Silva', 'pt-PT', NULL, NULL, 1748768400000000);
INSERT INTO public.customers VALUES (18, 18, 'urbano@mail.example', 'urbano@mail.example', NULL, 'Urbano', 'Costa', 'pt-PT', NULL, NULL, 1748768400000000);
INSERT INTO public.customers VALUES (19, 19, 'goncalo@mail.example', 'goncalo@mail.example', NULL, 'Gonçalo', 'Silva', 'pt-PT', NULL, NULL, 1748768400000000);
INSERT INTO public.customers VALUES (42, 62, 'vera@mail.example', 'vera@mail.example', NULL, 'Vera', 'Costa', 'pt-PT', NULL, NULL, 1772377200000000);
INSERT INTO public.customers VALUES (43, 63, 'xavier@mail.example', 'xavier@mail.example', NULL, 'Xavier', 'Silva', 'pt-PT', NULL, NULL, 1772380800000000);
INSERT INTO public.customers VALUES (45, 205, 'yara@mail.example', 'yara@mail.example', NULL, 'Yara', 'Costa', 'pt-PT', NULL, NULL, 1772722800000000);
INSERT INTO public.customers VALUES (46, 206, 'zita@mail.example', 'zita@mail.example', NULL, 'Zita', 'Silva', 'pt-PT', NULL, NULL, 1772726400000000);
INSERT INTO public.customers VALUES (47, 207, 'abel@mail.example', 'abel@mail.example', NULL, 'Abel', 'Costa', 'pt-PT', NULL, NULL, 1772730000000000);
INSERT INTO public.customers VALUES (20, 20, 'bruno@mail.example', 'bruno@mail.example', '+351912009999', 'Bruno', 'Silva', 'pt-PT', NULL, '1985-07-12', 1738400400000000);
INSERT INTO public.enrolments VALUES (47, 'birthday', 2, '2026', NULL, NULL, 1772755200000000, 1772755200000000, false, 1772791200000000, 'go', '1', NULL, 'too late: enough mail for now until 10 March 10:05 UTC', 11);
INSERT INTO public.enrolments VALUES (46, 'birthday', 37, '2026', NULL, NULL, 1772773200000000, 1772773200000000, false, 1772791200000000, 'go', '1', NULL, NULL, 11);
INSERT INTO public.enrolments VALUES (54, 'points-earned', 3, 'week 2931', NULL, NULL, 1772733600000000, 1772733600000000, false, 1772791200000000, 'go', '1', NULL, NULL, 11);
INSERT INTO public.enrolments VALUES (8, 'we-miss-you', 32, '1768119660000000', NULL, NULL, 1768119660000000, 1772007660000000, true, 1772100300000000, 'no basis', '1', NULL, NULL, 1);
INSERT INTO public.enrolments VALUES (11, 'birthday', 39, '2026', NULL, NULL, 1772150400000000, 1772150400000000, false, 1772186700000000, 'go', '1', NULL, 'done', 2);
INSERT INTO public.enrolments VALUES (4, 'we-miss-you', 22, '1768119060000000', NULL, NULL, 1768119060000000, 1772007060000000, true, 1772100300000000, 'go', '1', NULL, NULL, 4);
INSERT INTO public.enrolments VALUES (1, 'we-miss-you', 28, '1768205820000000', NULL, NULL, 1768205820000000, 1772093820000000, true, 1772100300000000, 'go', '1', NULL, NULL, 4);
INSERT INTO public.enrolments VALUES (5, 'we-miss-you', 31, '1768033200000000', NULL, NULL, 1768033200000000, 1771921200000000, true, 1772100300000000, 'go', '1', NULL, NULL, 4);
INSERT INTO public.enrolments VALUES (2, 'we-miss-you', 23, '1768205520000000', NULL, NULL, 1768205520000000, 1772093520000000, true, 1772100300000000, 'go', '1', NULL, NULL, 4);
INSERT INTO public.enrolments VALUES (10, 'we-miss-you', 24, '1768291980000000', NULL, NULL, 1768291980000000, 1772179980000000, false, 1772186700000000, 'go', '1', NULL, NULL, 4);
INSERT INTO public.enrolments VALUES (9, 'we-miss-you', 29, '1768292280000000', NULL, NULL, 1768292280000000, 1772180280000000, false, 1772186700000000, 'go', '1', NULL, NULL, 4);
INSERT INTO public.enrolments VALUES (16, 'points-earned', 42, 'week 2930', NULL, NULL, 1772377500000000, 1772377500000000, false, 1772445900000000, 'go', '1', NULL, NULL, 4);
INSERT INTO public.enrolments VALUES (12, 'we-miss-you', 30, '1768378740000000', NULL, NULL, 1768378740000000, 1772266740000000, false, 1772445900000000, 'go', '1', NULL, NULL, 4);
INSERT INTO public.enrolments VALUES (19, 'welcome', 42, 'subscribed', NULL, NULL, 1772377200000000, 1772377200000000, false, 1772445900000000, 'go', '1', NULL, NULL, 4);
INSERT INTO public.enrolments VALUES (13, 'we-miss-you', 25, '1768378440000000', NULL, NULL, 1768378440000000, 1772266440000000, false, 1772445900000000, 'go', '1', NULL, NULL, 4);
INSERT INTO public.enrolments VALUES (3, 'we-miss-you', 27, '1768119360000000', NULL, NULL, 1768119360000000, 1772007360000000, true, 1772100300000000, 'go', '1', NULL, 'declined: He told me he is away.', 4);
INSERT INTO public.enrolments VALUES (6, 'we-miss-you', 26, '1768032900000000', NULL, NULL, 1768032900000000, 1771920900000000, true, 1772100300000000, 'go', '1', NULL, 'no such address: 550 5.1.1 no such user', 5);
INSERT INTO public.enrolments VALUES (7, 'we-miss-you', 21, '1768032600000000', NULL, NULL, 1768032600000000, 1771920600000000, true, 1772100300000000, 'go', '3', 1774260300000000, NULL, 5);
INSERT INTO public.enrolments VALUES (18, 'welcome', 43, 'subscribed', NULL, NULL, 1772380800000000, 1772380800000000, false, 1772445900000000, 'go', '3', 1772791500000000, NULL, 5);
INSERT INTO public.enrolments VALUES (29, 'abandoned-cart', 7, '13', 13, NULL, 1772593200000000, 1772604000000000, false, 1772619660000000, 'go', '3', 1772792700000000, NULL, 7);
INSERT INTO public.enrolments VALUES (28, 'abandoned-cart', 8, '14', 14, NULL, 1772593260000000, 1772604060000000, false, 1772619660000000, 'go', '3', 1772792700000000, NULL, 7);
INSERT INTO public.enrolments VALUES (27, 'abandoned-cart', 9, '15', 15, NULL, 1772593320000000, 1772604120000000, false, 1772619660000000, 'go', '3', 1772792700000000, NULL, 7);
INSERT INTO public.enrolments VALUES (39, 'abandoned-cart', 18, '33', 33, NULL, 1772655180000000, 1772665980000000, false, 1772705460000000, 'no basis', '1', NULL, NULL, 8);
INSERT INTO public.enrolments VALUES (40, 'abandoned-cart', 17, '32', 32, NULL, 1772655120000000, 1772665920000000, false, 1772705460000000, 'no basis', '1', NULL, NULL, 8);
INSERT INTO public.enrolments VALUES (32, 'abandoned-cart', 16, '31', 31, NULL, 1772655060000000, 1772665860000000, false, 1772705460000000, 'go', '1', NULL, NULL, 8);
INSERT INTO public.enrolments VALUES (42, 'birthday', 38, '2026', NULL, NULL, 1772668800000000, 1772668800000000, false, 1772705460000000, 'go', '1', NULL, NULL, 8);
INSERT INTO public.enrolments VALUES (33, 'abandoned-cart', 15, '30', 30, NULL, 1772655000000000, 1772665800000000, false, 1772705460000000, 'go', '1', NULL, 'could not be written: cart-reminder cannot be written: cart.url is not known for this customer.', 9);
INSERT INTO public.enrolments VALUES (37, 'abandoned-cart', 11, '26', 26, NULL, 1772654460000000, 1772665260000000, false, 1772705460000000, 'go', '3', 1772878560000000, NULL, 10);
INSERT INTO public.enrolments VALUES (35, 'abandoned-cart', 13, '28', 28, NULL, 1772654580000000, 1772665380000000, false, 1772705460000000, 'go', '3', 1772878560000000, NULL, 10);
INSERT INTO public.enrolments VALUES (21, 'abandoned-cart', 5, '5', 5, NULL, 1772517840000000, 1772528640000000, false, 1772532060000000, 'go', '3', NULL, 'done', 10);
INSERT INTO public.enrolments VALUES (23, 'abandoned-cart', 3, '3', 3, NULL, 1772517720000000, 1772528520000000, false, 1772532060000000, 'go', '3', NULL, NULL, 10);
INSERT INTO public.enrolments VALUES (38, 'abandoned-cart', 10, '25', 25, NULL, 1772654400000000, 1772665200000000, false, 1772705460000000, 'go', '3', 1772878560000000, NULL, 10);
INSERT INTO public.enrolments VALUES (36, 'abandoned-cart', 12, '27', 27, NULL, 1772654520000000, 1772665320000000, false, 1772705460000000, 'go', '3', 1772878560000000, NULL, 10);
INSERT INTO public.enrolments VALUES (34, 'abandoned-cart', 14, '29', 29, NULL, 1772654640000000, 1772665440000000, false, 1772705460000000, 'go', '3', 1772878560000000, NULL, 10);
INSERT INTO public.enrolments VALUES (31, 'abandoned-cart', 19, '34', 34, NULL, 1772655240000000, 1772666040000000, false, 1772705460000000, 'go', '1', NULL, 'refused: 554 5.7.1 refused as spam', 10);
INSERT INTO public.enrolments VALUES (20, 'abandoned-cart', 6, '6', 6, NULL, 1772517900000000, 1772528700000000, false, 1772532060000000, 'go', '3', NULL, 'done', 10);
INSERT INTO public.enrolments VALUES (22, 'abandoned-cart', 4, '4', 4, NULL, 1772517780000000, 1772528580000000, false, 1772532060000000, 'go', '3', NULL, 'done', 10);
INSERT INTO public.enrolments VALUES (24, 'abandoned-cart', 2, '2', 2, NULL, 1772517660000000, 1772528460000000, false, 1772532060000000, 'go', '3', NULL, 'done', 10);
INSERT INTO public.enrolments VALUES (25, 'abandoned-cart', 1, '1', 1, NULL, 1772517600000000, 1772528400000000, false, 1772532060000000, 'go', '3', NULL, 'done', 10);
INSERT INTO public.enrolments VALUES (51, 'unhappy-visit', 34, '3', NULL, 3, 1772739000000000, 1772739000000000, false, 1772791200000000, 'if not met', '1', NULL, NULL, 11);
INSERT INTO public.enrolments VALUES (48, 'birthday', 35, '2026', NULL, NULL, 1772755200000000, 1772755200000000, false, 1772791200000000, 'go', '1', NULL, NULL, 11);
INSERT INTO public.enrolments VALUES (50, 'unhappy-visit', 35, '1', NULL, 1, 1772733600000000, 1772733600000000, false, 1772791200000000, 'go', '2', NULL, NULL, 11);
INSERT INTO public.enrolments VALUES (49, 'unhappy-visit', 37, '2', NULL, 2, 1772737200000000, 1772737200000000, false, 1772791200000000, 'go', '2', NULL, NULL, 11);
INSERT INTO public.enrolments VALUES (57, 'points-earned', 34, 'week 2931', NULL, NULL, 1772668800000000, 1772668800000000, false, 1772791200000000, 'go', '1', NULL, NULL, 11);
INSERT INTO public.enrolments VALUES (58, 'points-earned', 35, 'week 2931', NULL, NULL, 1772668800000000, 1772668800000000, false, 1772791200000000, 'go', '1', NULL, NULL, 11);
INSERT INTO public.enrolments VALUES (56, 'points-earned', 1, 'week 2931', NULL, NULL, 1772730000000000, 1772730000000000, false, 1772791200000000, 'go', '1', NULL, NULL, 11);
INSERT INTO public.enrolments VALUES (55, 'points-earned', 2, 'week 2931', NULL, NULL, 1772731800000000, 1772731800000000, false, 1772791200000000, 'go', '1', NULL, NULL, 11);
INSERT INTO public.enrolments VALUES (53, 'points-earned', 47, 'week 2931', NULL, NULL, 1772735400000000, 1772735400000000, false, 1772791200000000, 'go', '1', NULL, NULL, 11);
INSERT INTO public.enrolments VALUES (62, 'welcome', 44, 'subscribed', NULL, NULL, 1772709600000000, 1772709600000000, false, 1772791200000000, 'go', '1', NULL, NULL, 11);
INSERT INTO public.enrolments VALUES (61, 'welcome', 45, 'subscribed', NULL, NULL, 1772722800000000, 1772722800000000, false, 1772791200000000, 'go', '1', NULL, NULL, 11);
INSERT INTO public.enrolments VALUES (60, 'welcome', 46, 'subscribed', NULL, NULL, 1772726400000000, 1772726400000000, false, 1772791200000000, 'go', '1', NULL, NULL, 11);
INSERT INTO public.enrolments VALUES (59, 'welcome', 47, 'subscribed', NULL, NULL, 1772730000000000, 1772730000000000, false, 1772791200000000, 'go', '1', NULL, NULL, 11);
INSERT INTO public.enrolments VALUES (15, 'birthday', 34, '2026', NULL, NULL, 1772409600000000, 1772409600000000, false, 1772445900000000, 'go', '1', NULL, 'too late: nobody approved it', 11);
INSERT INTO public.enrolments VALUES (17, 'points-earned', 20, 'week 2930', NULL, NULL, 1772179200000000, 1772179200000000, false, 1772445900000000, 'go', '1', NULL, 'too late: nobody approved it', 11);
INSERT INTO public.enrolments VALUES (52, 'points-earned', 45, 'week 2931', NULL, NULL, 1772740800000000, 1772740800000000, false, 1772791200000000, 'go', '1', NULL, NULL, 11);
INSERT INTO public.home VALUES (1, '@@HOME@@', '@@HOME_SPOKEN@@', 1772794800000000);
INSERT INTO public.identities VALUES (34, 'old-list', 'L1', 20, 'bruno@mail.example', 'bruno@mail.example', '+351 912 009 999', '+351912009999', 'Bruno', NULL, NULL, '1985-07-12', '[]', NULL, 1772100000000000, NULL);
INSERT INTO public.identities VALUES (35, 'old-list', 'L2', 34, 'ana@mail.example', 'ana@mail.example', NULL, NULL, 'Ana', NULL, NULL, '1991-03-05', '[]', NULL, 1772100000000000, NULL);
INSERT INTO public.identities VALUES (36, 'old-list', 'L3', 35, 'rosa@mail.example', 'rosa@mail.example', NULL, NULL, 'Rosa', NULL, NULL, '1979-03-09', '[]', NULL, 1772100000000000, NULL);
INSERT INTO public.identities VALUES (37, 'old-list', 'L4', 36, 'noemi@mail.example', 'noemi@mail.example', NULL, NULL, 'Noemi', NULL, NULL, '1968-03-10', '[]', NULL, 1772100000000000, NULL);
INSERT INTO public.identities VALUES (38, 'old-list', 'L5', 37, 'walter@mail.example', 'walter@mail.example', NULL, NULL, 'Walter', NULL, NULL, '1980-03-09', '[]', NULL, 1772100000000000, 'America/New_York');
INSERT INTO public.identities VALUES (39, 'old-list', 'L6', 38, 'berta@mail.example', 'berta@mail.example', NULL, NULL, 'Berta', NULL, NULL, '1975-03-08', '[]', NULL, 1772100000000000, NULL);
INSERT INTO public.identities VALUES (40, 'old-list', 'L7', 39, 'carlos@mail.example', 'carlos@mail.example', NULL, NULL, 'Carlos', NULL, NULL, '1988-03-02', '[]', NULL, 1772100000000000, NULL);
INSERT INTO public.identities VALUES (41, 'old-list', 'L8', 40, 'olga@mail.example', 'olga@mail.example', NULL, NULL, 'Olga', NULL, NULL, '1988-09-11', '[]', NULL, 1772100000000000, NULL);
INSERT INTO public.identities VALUES (42, 'old-list', 'L9', 41, NULL, NULL, NULL, NULL, 'Pia', NULL, NULL, '1988-10-11', '[]', NULL, 1772100000000000, NULL);
INSERT INTO public.identities VALUES (21, 'till', 'T00', 21, 'alda@mail.example', 'alda@mail.example', NULL, NULL, 'Alda', NULL, NULL, NULL, '[]', 1751360400000000, 1751360400000000, NULL);
INSERT INTO public.identities VALUES (22, 'till', 'T01', 22, 'baltasar@mail.example', 'baltasar@mail.example', NULL, NULL, 'Baltasar', NULL, NULL, NULL, '[]', 1751360400000000, 1751360400000000, NULL);
INSERT INTO public.identities VALUES (23, 'till', 'T02', 23, 'celia@mail.example', 'celia@mail.example', NULL, NULL, 'Célia', NULL, NULL, NULL, '[]', 1751360400000000, 1751360400000000, NULL);
INSERT INTO public.identities VALUES (24, 'till', 'T03', 24, 'dinis@mail.example', 'dinis@mail.example', NULL, NULL, 'Dinis', NULL, NULL, NULL, '[]', 1751360400000000, 1751360400000000, NULL);
INSERT INTO public.identities VALUES (25, 'till', 'T04', 25, 'eva@mail.example', 'eva@mail.example', NULL, NULL, 'Eva', NULL, NULL, NULL, '[]', 1751360400000000, 1751360400000000, NULL);
INSERT INTO public.identities VALUES (26, 'till', 'T05', 26, 'fausto@mail.example', 'fausto@mail.example', NULL, NULL, 'Fausto', NULL, NULL, NULL, '[]', 1751360400000000, 1751360400000000, NULL);
INSERT INTO public.identities VALUES (27, 'till', 'T06', 27, 'gil@mail.example', 'gil@mail.example', NULL, NULL, 'Gil', NULL, NULL, NULL, '[]', 1751360400000000, 1751360400000000, NULL);
INSERT INTO public.identities VALUES (28, 'till', 'T07', 28, 'helena@mail.example', 'helena@mail.example', NULL, NULL, 'Helena', NULL, NULL, NULL, '[]', 1751360400000000, 1751360400000000, NULL);
INSERT INTO public.identities VALUES (29, 'till', 'T08', 29, 'ivo@mail.example', 'ivo@mail.example', NULL, NULL, 'Ivo', NULL, NULL, NULL, '[]', 1751360400000000, 1751360400000000, NULL);
INSERT INTO public.identities VALUES (30, 'till', 'T09', 30, 'joana@mail.example', 'joana@mail.example', NULL, NULL, 'Joana', NULL, NULL, NULL, '[]', 1751360400000000, 1751360400000000, NULL);
INSERT INTO public.identities VALUES (1, 'online-shop', '7120000000001', 1, 'clara@mail.example', 'clara@mail.example', '+351912000001', '+351912000001', 'Clara', 'Silva', 'pt-PT', NULL, '[]', 1746176400000000, 1746176400000000, NULL);
INSERT INTO public.identities VALUES (5, 'online-shop', '7120000000005', 5, 'graca@mail.example', 'graca@mail.example', NULL, NULL, 'Graça', 'Silva', 'pt-PT', NULL, '[]', 1746522000000000, 1746522000000000, NULL);
INSERT INTO public.identities VALUES (6, 'online-shop', '7120000000006', 6, 'hugo@mail.example', 'hugo@mail.example', NULL, NULL, 'Hugo', 'Costa', 'pt-PT', NULL, '[]', 1746608400000000, 1746608400000000, NULL);
INSERT INTO public.identities VALUES (7, 'online-shop', '7120000000007', 7, 'ines@mail.example', 'ines@mail.example', NULL, NULL, 'Inês', 'Silva', 'pt-PT', NULL, '[]', 1746694800000000, 1746694800000000, NULL);
INSERT INTO public.identities VALUES (8, 'online-shop', '7120000000008', 8, 'jorge@mail.example', 'jorge@mail.example', NULL, NULL, 'Jorge', 'Costa', 'pt-PT', NULL, '[]', 1746781200000000, 1746781200000000, NULL);
INSERT INTO public.identities VALUES (9, 'online-shop', '7120000000009', 9, 'lia@mail.example', 'lia@mail.example', NULL, NULL, 'Lia', 'Silva', 'pt-PT', NULL, '[]', 1746090000000000, 1746090000000000, NULL);
INSERT INTO public.identities VALUES (10, 'online-shop', '7120000000010', 10, 'manuel@mail.example', 'manuel@mail.example', NULL, NULL, 'Manuel', 'Costa', 'pt-PT', NULL, '[]', 1746176400000000, 1746176400000000, NULL);
INSERT INTO public.identities VALUES (11, 'online-shop', '7120000000011', 11, 'nadia@mail.example', 'nadia@mail.example', NULL, NULL, 'Nádia', 'Silva', 'pt-PT', NULL, '[]', 1746262800000000, 1746262800000000, NULL);
INSERT INTO public.identities VALUES (12, 'online-shop', '7120000000012', 12, 'otavio@mail.example', 'otavio@mail.example', NULL, NULL, 'Otávio', 'Costa', 'pt-PT', NULL, '[]', 1746349200000000, 1746349200000000, NULL);
INSERT INTO public.identities VALUES (13, 'online-shop', '7120000000013', 13, 'paula@mail.example', 'paula@mail.example', NULL, NULL, 'Paula', 'Silva', 'pt-PT', NULL, '[]', 1746435600000000, 1746435600000000, NULL);
INSERT INTO public.identities VALUES (14, 'online-shop', '7120000000014', 14, 'quim@mail.example', 'quim@mail.example', NULL, NULL, 'Quim', 'Costa', 'pt-PT', NULL, '[]', 1746522000000000, 1746522000000000, NULL);
INSERT INTO public.identities VALUES (31, 'till', 'T10', 31, 'katia@mail.example', 'katia@mail.example', NULL, NULL, 'Katia', NULL, NULL, NULL, '[]', 1751360400000000, 1751360400000000, NULL);
INSERT INTO public.identities VALUES (32, 'till', 'T11', 32, 'luis@mail.example', 'luis@mail.example', NULL, NULL, 'Luís', NULL, NULL, NULL, '[]', 1751360400000000, 1751360400000000, NULL);
INSERT INTO public.identities VALUES (33, 'till', 'T20', 20, NULL, NULL, '+351912009999', '+351912009999', 'Bruno', NULL, NULL, NULL, '[]', 1751360400000000, 1751360400000000, NULL);
INSERT INTO public.identities VALUES (2, 'online-shop', '7120000000002', 2, 'duarte@mail.example', 'duarte@mail.example', '+351912000002', '+351912000002', 'Duarte', 'Costa', 'pt-PT', '1990-03-09', '[]', 1746262800000000, 1746262800000000, NULL);
INSERT INTO public.identities VALUES (3, 'online-shop', '7120000000003', 3, 'elisa@mail.example', 'elisa@mail.example', NULL, NULL, 'Elisa', 'Silva', 'pt-PT', NULL, '[]', 1746349200000000, 1746349200000000, NULL);
INSERT INTO public.identities VALUES (4, 'online-shop', '7120000000004', 4, 'filipe@mail.example', 'filipe@mail.example', NULL, NULL, 'Filipe', 'Costa', 'pt-PT', NULL, '[]', 1746435600000000, 1746435600000000, NULL);
INSERT INTO public.identities VALUES (207, 'online-shop', '7120000000024', 47, 'abel@mail.example', 'abel@mail.example', NULL, NULL, 'Abel', 'Costa', 'pt-PT', NULL, '[]', 1772730000000000, 1772730000000000, NULL);
INSERT INTO public.identities VALUES (224, 'survey', 'ana@mail.example', 34, 'ana@mail.example', 'ana@mail.example', NULL, NULL, NULL, NULL, NULL, NULL, '[]', NULL, 1772789400000000, NULL);
INSERT INTO public.identities VALUES (222, 'survey', 'rosa@mail.example', 35, 'rosa@mail.example', 'rosa@mail.example', NULL, NULL, NULL, NULL, NULL, NULL, '[]', NULL, 1772789400000000, NULL);
INSERT INTO public.identities VALUES (223, 'survey', 'walter@mail.example', 37, 'walter@mail.example', 'walter@mail.example', NULL, NULL, NULL, NULL, NULL, NULL, '[]', NULL, 1772789400000000, NULL);
INSERT INTO public.identities VALUES (183, 'sign-up', 'sara@mail.example', 44, 'sara@mail.example', 'sara@mail.example', NULL, NULL, 'Sara', NULL, NULL, NULL, '[]', 1772708700000000, 1772709600000000, NULL);
INSERT INTO public.identities VALUES (15, 'online-shop', '7120000000015', 15, 'rita@mail.example', 'rita@mail.example', NULL, NULL, 'Rita', 'Silva', 'pt-PT', NULL, '[]', 1748768400000000, 1748768400000000, NULL);
INSERT INTO public.identities VALUES (16, 'online-shop', '7120000000016', 16, 'sonia@mail.example', 'sonia@mail.example', NULL, NULL, 'Sónia', 'Costa', 'pt-PT', NULL, '[]', 1748768400000000, 1748768400000000, NULL);
INSERT INTO public.identities VALUES (17, 'online-shop', '7120000000017', 17, 'tiago@mail.example', 'tiago@mail.example', NULL, NULL, 'Tiago', 'Silva', 'pt-PT', NULL, '[]', 1748768400000000, 1748768400000000, NULL);
INSERT INTO public.identities VALUES (18, 'online-shop', '7120000000018', 18, 'urbano@mail.example', 'urbano@mail.example', NULL, NULL, 'Urbano', 'Costa', 'pt-PT', NULL, '[]', 1748768400000000, 1748768400000000, NULL);
INSERT INTO public.identities VALUES (19, 'online-shop', '7120000000019', 19, 'goncalo@mail.example', 'goncalo@mail.example', NULL, NULL, 'Gonçalo', 'Silva', 'pt-PT', NULL, '[]', 1748768400000000, 1748768400000000, NULL);
INSERT INTO public.identities VALUES (62, 'online-shop', '7120000000020', 42, 'vera@mail.example', 'vera@mail.example', NULL, NULL, 'Vera', 'Costa', 'pt-PT', NULL, '[]', 1772377200000000, 1772377200000000, NULL);
INSERT INTO public.identities VALUES (63, 'online-shop', '7120000000021', 43, 'xavier@mail.example', 'xavier@mail.example', NULL, NULL, 'Xavier', 'Silva', 'pt-PT', NULL, '[]', 1772380800000000, 1772380800000000, NULL);
INSERT INTO public.identities VALUES (20, 'online-shop', '7120000000025', 20, 'bruno@mail.example', 'bruno@mail.example', NULL, NULL, 'Bruno', 'Silva', 'pt-PT', NULL, '["wholesale"]', 1738400400000000, 1738400400000000, NULL);
INSERT INTO public.identities VALUES (205, 'online-shop', '7120000000022', 45, 'yara@mail.example', 'yara@mail.example', NULL, NULL, 'Yara', 'Costa', 'pt-PT', NULL, '[]', 1772722800000000, 1772722800000000, NULL);
INSERT INTO public.identities VALUES (206, 'online-shop', '7120000000023', 46, 'zita@mail.example', 'zita@mail.example', NULL, NULL, 'Zita', 'Silva', 'pt-PT', NULL, '[]', 1772726400000000, 1772726400000000, NULL);
INSERT INTO public.mail_events VALUES (1, 'smtp', '73bae870780e3b17e52f561f7bec0656/2026-03-03T10:05:00+00:00', '73bae870780e3b17e52f561f7bec0656', 'bounced', false, 'fausto@mail.example', '550 5.1.1 no such user', 1772532300000000, 1772532300000000);
INSERT INTO public.mail_events VALUES (2, 'bounces', '<20260303100511.4F2A91@mx.cornercafe.example> 82951134dd0fd667d09a2eda492a5a31 alda@mail.example', '82951134dd0fd667d09a2eda492a5a31', 'bounced', false, 'alda@mail.example', '550 5.1.1 <alda@mail.example>: Recipient address rejected: User unknown', 1772789400000000, 1772789400000000);
INSERT INTO public.merges VALUES (1, 33, 20, 33, 'phone', 1772100000000000);
INSERT INTO public.messages VALUES ('5f989685d5f438dae149c643078f412a', 'we-miss-you', 22, '1768119060000000', 'we-miss-you', 4, 'we-miss-you', '{"treat": "a free cappuccino", "valid for": "14 days"}', 'marketing', true, 'sending', NULL, 1772100300000000, 1772100300000000, 1773914700000000, 1772792100000000, '0000ada5@@@EARLIER_BOOT@@/4194305/2000', 1772794800000000, 'baltasar@mail.example', 'Square EMAIL_COLLECTION', 4, 0, NULL, 'sendgrid', NULL);
INSERT INTO public.messages VALUES ('9210aa0700677c32854b0129ad2d8c42', 'we-miss-you', 28, '1768205820000000', 'we-miss-you', 1, 'we-miss-you', '{"treat": "a free cappuccino", "valid for": "14 days"}', 'marketing', true, 'sending', NULL, 1772100300000000, 1772100300000000, 1773914700000000, 1772792100000000, '0000ada5@@@EARLIER_BOOT@@/4194305/2000', 1772794800000000, 'helena@mail.example', 'bought at the till on 12 January 2026, where the owner vouches that buyers are told since 1 June 2025', 4, 0, NULL, 'sendgrid', NULL);
INSERT INTO public.messages VALUES ('bb3ea0b98b90cbb5b9ba7dace6f241e2', 'we-miss-you', 31, '1768033200000000', 'we-miss-you', 5, 'we-miss-you', '{"treat": "a free cappuccino", "valid for": "14 days"}', 'marketing', true, 'sending', NULL, 1772100300000000, 1772100300000000, 1773914700000000, 1772792100000000, '0000ada5@@@EARLIER_BOOT@@/4194305/2000', 1772794800000000, 'katia@mail.example', 'bought at the till on 10 January 2026, where the owner vouches that buyers are told since 1 June 2025', 4, 0, NULL, 'sendgrid', NULL);
INSERT INTO public.messages VALUES ('e7e3922de8464c0f1dbb702c7b6b567a', 'we-miss-you', 23, '1768205520000000', 'we-miss-you', 2, 'we-miss-you', '{"treat": "a free cappuccino", "valid for": "14 days"}', 'marketing', true, 'sending', NULL, 1772100300000000, 1772100300000000, 1773914700000000, 1772792100000000, '0000ada5@@@EARLIER_BOOT@@/4194305/2000', 1772794800000000, 'celia@mail.example', 'Square EMAIL_COLLECTION', 4, 0, NULL, 'sendgrid', NULL);
INSERT INTO public.messages VALUES ('3c6cf4b2736071375e4da58a598043bb', 'points-earned', 42, 'week 2930', 'points-earned', 16, 'points-earned', '{}', 'marketing', true, 'sending', NULL, 1772445900000000, 1772377500000000, 1772982300000000, 1772792100000000, '0000b00c@@@THIS_BOOT@@/4194305/1000', 1772794800000000, 'vera@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 4, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('1c02773982b95f87ecfc932a453a6615', 'birthday', 39, '2026', 'birthday', 11, 'birthday', '{"treat": "a slice of cake", "valid for": "14 days"}', 'marketing', false, 'rehearsed', NULL, 1772186700000000, 1772150400000000, 1772496000000000, 1772186700000000, NULL, 1772794800000000, 'carlos@mail.example', 'column Newsletter of old-customers.csv said yes', 2, 0, NULL, 'outbox', NULL);
INSERT INTO public.messages VALUES ('7adc9a048a13717311841ad98e3d6d23', 'we-miss-you', 27, '1768119360000000', 'we-miss-you', 3, 'we-miss-you', '{"treat": "a free cappuccino", "valid for": "14 days"}', 'marketing', true, 'declined', 'declined: He told me he is away.', 1772100300000000, 1772100300000000, 1773914700000000, 1772532120000000, NULL, 1772794800000000, 'gil@mail.example', 'bought at the till on 11 January 2026, where the owner vouches that buyers are told since 1 June 2025', 4, 0, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('73bae870780e3b17e52f561f7bec0656', 'we-miss-you', 26, '1768032900000000', 'we-miss-you', 6, 'we-miss-you', '{"treat": "a free cappuccino", "valid for": "14 days"}', 'marketing', true, 'bounced', 'no such address: 550 5.1.1 no such user', 1772100300000000, 1772100300000000, 1773914700000000, 1772532300000000, NULL, 1772794800000000, 'fausto@mail.example', 'bought at the till on 10 January 2026, where the owner vouches that buyers are told since 1 June 2025', 5, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('82951134dd0fd667d09a2eda492a5a31', 'we-miss-you', 21, '1768032600000000', 'we-miss-you', 7, 'we-miss-you', '{"treat": "a free cappuccino", "valid for": "14 days"}', 'marketing', true, 'bounced', '550 5.1.1 <alda@mail.example>: Recipient address rejected: User unknown', 1772100300000000, 1772100300000000, 1773914700000000, 1772532300000000, NULL, 1772794800000000, 'alda@mail.example', 'Square EMAIL_COLLECTION', 5, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('3672df472db5c2ad9b7bc25d6772ab98', 'we-miss-you', 24, '1768291980000000', 'we-miss-you', 10, 'we-miss-you', '{"treat": "a free cappuccino", "valid for": "14 days"}', 'marketing', true, 'sending', NULL, 1772186700000000, 1772179980000000, 1773994380000000, 1772792100000000, '0000ada5@@@EARLIER_BOOT@@/4194305/2000', 1772794800000000, 'dinis@mail.example', 'bought at the till on 13 January 2026, where the owner vouches that buyers are told since 1 June 2025', 4, 0, NULL, 'sendgrid', NULL);
INSERT INTO public.messages VALUES ('9111ed902906fa8e41c89336af04b6be', 'we-miss-you', 29, '1768292280000000', 'we-miss-you', 9, 'we-miss-you', '{"treat": "a free cappuccino", "valid for": "14 days"}', 'marketing', true, 'sending', NULL, 1772186700000000, 1772180280000000, 1773994680000000, 1772792100000000, '0000ada5@@@EARLIER_BOOT@@/4194305/2000', 1772794800000000, 'ivo@mail.example', 'bought at the till on 13 January 2026, where the owner vouches that buyers are told since 1 June 2025', 4, 0, NULL, 'sendgrid', NULL);
INSERT INTO public.messages VALUES ('61a3861a6e44b3f20cfb9a83b40215cb', 'welcome', 42, 'subscribed', 'welcome', 19, 'welcome', '{"how often": "twice a month at most"}', 'marketing', true, 'sending', NULL, 1772445900000000, 1772377200000000, 1772982000000000, 1772792100000000, '0000b00c@@@THIS_BOOT@@/4194305/1000', 1772794800000000, 'vera@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 4, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('497c76a977cbc3653bad1a5f3507fc0e', 'we-miss-you', 30, '1768378740000000', 'we-miss-you', 12, 'we-miss-you', '{"treat": "a free cappuccino", "valid for": "14 days"}', 'marketing', true, 'queued', NULL, 1772445900000000, 1772266740000000, 1774081140000000, NULL, NULL, NULL, 'joana@mail.example', 'bought at the till on 14 January 2026, where the owner vouches that buyers are told since 1 June 2025', 4, 0, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('e3b58e3e6fef228273004d4383273846', 'we-miss-you', 25, '1768378440000000', 'we-miss-you', 13, 'we-miss-you', '{"treat": "a free cappuccino", "valid for": "14 days"}', 'marketing', true, 'queued', NULL, 1772445900000000, 1772266440000000, 1774080840000000, NULL, NULL, NULL, 'eva@mail.example', 'bought at the till on 14 January 2026, where the owner vouches that buyers are told since 1 June 2025', 4, 0, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('f01eec2a1edee90828a319d2a7ff36d3', 'abandoned-cart', 6, '6', 'cart-reminder', 20, 'cart-reminder', '{}', 'marketing', true, 'sent', NULL, 1772532060000000, 1772528700000000, 1772701500000000, 1772532300000000, NULL, 1772794800000000, 'hugo@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 5, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('2b233b081e8e6c03cb45d8df9c328f8c', 'welcome', 43, 'subscribed', 'welcome', 18, 'welcome', '{"how often": "twice a month at most"}', 'marketing', true, 'sent', NULL, 1772445900000000, 1772380800000000, 1772985600000000, 1772532300000000, NULL, 1772794800000000, 'xavier@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 5, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('089e67866e07565269736b4b6ef4c1ef', 'abandoned-cart', 1, '1', 'cart-reminder', 25, 'cart-reminder', '{}', 'marketing', true, 'sent', NULL, 1772532060000000, 1772528400000000, 1772701200000000, 1772532300000000, NULL, 1772794800000000, 'clara@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 5, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('48204c70ebc492c68cd96e6d563f4143', 'abandoned-cart', 5, '5', 'cart-reminder', 21, 'cart-reminder', '{}', 'marketing', true, 'sent', NULL, 1772532060000000, 1772528640000000, 1772701440000000, 1772532300000000, NULL, 1772794800000000, 'graca@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 5, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('86d9c1e5c3fdfebd7389c3bd48004c65', 'abandoned-cart', 2, '2', 'cart-reminder', 24, 'cart-reminder', '{}', 'marketing', true, 'sent', NULL, 1772532060000000, 1772528460000000, 1772701260000000, 1772532300000000, NULL, 1772794800000000, 'duarte@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 5, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('ad35782a611f00cc32b19f7be9f29170', 'abandoned-cart', 3, '3', 'cart-reminder', 23, 'cart-reminder', '{}', 'marketing', true, 'sent', NULL, 1772532060000000, 1772528520000000, 1772701320000000, 1772532300000000, NULL, 1772794800000000, 'elisa@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 5, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('d685668b6db1d5458dfa52d23b35f354', 'abandoned-cart', 4, '4', 'cart-reminder', 22, 'cart-reminder', '{}', 'marketing', true, 'sent', NULL, 1772532060000000, 1772528580000000, 1772701380000000, 1772532300000000, NULL, 1772794800000000, 'filipe@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 5, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('f84405ed152bbaf7d60f73c9022ccc27', 'abandoned-cart', 9, '15', 'cart-reminder', 27, 'cart-reminder', '{}', 'marketing', true, 'sent', NULL, 1772619660000000, 1772604120000000, 1772776920000000, 1772619900000000, NULL, 1772794800000000, 'lia@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 7, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('2229ad56a0a848296c0e46b6cb505288', 'abandoned-cart', 8, '14', 'cart-reminder', 28, 'cart-reminder', '{}', 'marketing', true, 'sent', NULL, 1772619660000000, 1772604060000000, 1772776860000000, 1772619900000000, NULL, 1772794800000000, 'jorge@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 7, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('632fb99b737b2874444dc91a2a3e87cc', 'abandoned-cart', 7, '13', 'cart-reminder', 29, 'cart-reminder', '{}', 'marketing', true, 'sent', NULL, 1772619660000000, 1772604000000000, 1772776800000000, 1772619900000000, NULL, 1772794800000000, 'ines@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 7, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('7186b6b2712ec710c35bd0f23ced4215', 'points-earned', 20, 'week 2930', 'points-earned', 17, 'points-earned', '{}', 'marketing', true, 'skipped', 'too late: nobody approved it', 1772445900000000, 1772179200000000, 1772784000000000, 1772791200000000, NULL, 1772794800000000, 'bruno@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 11, 0, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('5006a876eed6818bbced44797f2560f7', 'birthday', 34, '2026', 'birthday', 15, 'birthday', '{"treat": "a slice of cake", "valid for": "14 days"}', 'marketing', true, 'skipped', 'too late: nobody approved it', 1772445900000000, 1772409600000000, 1772755200000000, 1772791200000000, NULL, 1772794800000000, 'ana@mail.example', 'column Newsletter of old-customers.csv said yes', 11, 0, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('c7c5105bfca339cc8469bb3ccca95b2e', 'birthday', 38, '2026', 'birthday', 42, 'birthday', '{"treat": "a slice of cake", "valid for": "14 days"}', 'marketing', true, 'sending', NULL, 1772705460000000, 1772668800000000, 1773014400000000, 1772792100000000, '0000b00c@@@THIS_BOOT@@/4194305/1000', 1772794800000000, 'berta@mail.example', 'column Newsletter of old-customers.csv said yes', 8, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('1825c085069f52e424c71147d965a582', 'abandoned-cart', 11, '26', 'cart-reminder', 37, 'cart-reminder', '{}', 'marketing', true, 'sent', NULL, 1772705460000000, 1772665260000000, 1772838060000000, 1772705760000000, NULL, 1772794800000000, 'nadia@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 10, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('38447e3969e087cb295df41243a6dcaf', 'abandoned-cart', 13, '28', 'cart-reminder', 35, 'cart-reminder', '{}', 'marketing', true, 'sent', NULL, 1772705460000000, 1772665380000000, 1772838180000000, 1772705760000000, NULL, 1772794800000000, 'paula@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 10, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('86b1f6879c76287060fd5f3d211c7c21', 'abandoned-cart', 5, '5', 'anything-to-ask', 21, 'anything-to-ask', '{}', 'marketing', true, 'sent', NULL, 1772705460000000, 1772705100000000, 1772877900000000, 1772705760000000, NULL, 1772794800000000, 'graca@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 10, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('9c51d403c924845b9c08fcb4b59602fc', 'abandoned-cart', 3, '3', 'anything-to-ask', 23, 'anything-to-ask', '{}', 'marketing', true, 'in doubt', 'broken off while it was handed over', 1772705460000000, 1772705100000000, 1772877900000000, 1772705760000000, NULL, 1772794800000000, 'elisa@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 10, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('81450137c60e738d24546ae6bd20e7dd', 'abandoned-cart', 15, '30', 'cart-reminder', 33, 'cart-reminder', '{}', 'marketing', true, 'failed', 'could not be written: cart-reminder cannot be written: cart.url is not known for this customer.', 1772705460000000, 1772665800000000, 1772838600000000, 1772705700000000, NULL, NULL, NULL, NULL, 9, 0, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('9ebbd956473ab9a9b643c8a1bc9c7465', 'abandoned-cart', 2, '2', 'anything-to-ask', 24, 'anything-to-ask', '{}', 'marketing', true, 'sent', NULL, 1772705460000000, 1772705100000000, 1772877900000000, 1772705760000000, NULL, 1772794800000000, 'duarte@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 10, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('a9d8381b516a8d04df3cf934d2885898', 'abandoned-cart', 19, '34', 'cart-reminder', 31, 'cart-reminder', '{}', 'marketing', true, 'failed', 'refused: 554 5.7.1 refused as spam', 1772705460000000, 1772666040000000, 1772838840000000, 1772705760000000, NULL, 1772794800000000, 'goncalo@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 10, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('aa999b2cce453b0f86a48b14f29b598a', 'abandoned-cart', 6, '6', 'anything-to-ask', 20, 'anything-to-ask', '{}', 'marketing', true, 'sent', NULL, 1772705460000000, 1772705100000000, 1772877900000000, 1772705760000000, NULL, 1772794800000000, 'hugo@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 10, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('d37a8fe577cc27539fe24b72d98f7359', 'abandoned-cart', 10, '25', 'cart-reminder', 38, 'cart-reminder', '{}', 'marketing', true, 'sent', NULL, 1772705460000000, 1772665200000000, 1772838000000000, 1772705760000000, NULL, 1772794800000000, 'manuel@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 10, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('dd8ff518246ed2112fbd38fe4971861f', 'abandoned-cart', 1, '1', 'anything-to-ask', 25, 'anything-to-ask', '{}', 'marketing', true, 'sent', NULL, 1772705460000000, 1772705100000000, 1772877900000000, 1772705760000000, NULL, 1772794800000000, 'clara@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 10, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('e02a85916c020571cf8202cfb6058c4a', 'abandoned-cart', 14, '29', 'cart-reminder', 34, 'cart-reminder', '{}', 'marketing', true, 'sent', NULL, 1772705460000000, 1772665440000000, 1772838240000000, 1772705760000000, NULL, 1772794800000000, 'quim@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 10, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('f2501dbf14d706a7608325b99058268b', 'abandoned-cart', 12, '27', 'cart-reminder', 36, 'cart-reminder', '{}', 'marketing', true, 'sent', NULL, 1772705460000000, 1772665320000000, 1772838120000000, 1772705760000000, NULL, 1772794800000000, 'otavio@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 10, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('c24277de133b54210c792572d3cd01c1', 'abandoned-cart', 16, '31', 'cart-reminder', 32, 'cart-reminder', '{}', 'marketing', true, 'deferred', 'the mail service asks for patience: 452 4.2.2 mailbox full', 1772705460000000, 1772665860000000, 1772838660000000, NULL, NULL, 1772794800000000, 'sonia@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 10, 1, 1772794800000000, 'smtp', NULL);
INSERT INTO public.messages VALUES ('fac8f0502de77d1bf4469a53365f4233', 'abandoned-cart', 4, '4', 'anything-to-ask', 22, 'anything-to-ask', '{}', 'marketing', true, 'sent', NULL, 1772705460000000, 1772705100000000, 1772877900000000, 1772705760000000, NULL, 1772794800000000, 'filipe@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 10, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('f225b9639bf4b4ec218dd89e452cd4cc', 'unhappy-visit', 35, '1', 'sorry-from-the-owner', 50, 'sorry-from-the-owner', '{}', 'service', true, 'awaiting approval', NULL, 1772791200000000, 1772733600000000, 1772906400000000, NULL, NULL, NULL, NULL, NULL, 11, 0, NULL, NULL, 1772920800000000);
INSERT INTO public.messages VALUES ('be8c0cc542d1856ddb6a92b494a70f39', 'unhappy-visit', 37, '2', 'sorry-from-the-owner', 49, 'sorry-from-the-owner', '{}', 'service', true, 'awaiting approval', NULL, 1772791200000000, 1772737200000000, 1772910000000000, NULL, NULL, NULL, NULL, NULL, 11, 0, NULL, NULL, 1772920800000000);
INSERT INTO public.messages VALUES ('c14b5552fb6966ae8f961c4fd67ce5c7', 'points-earned', 34, 'week 2931', 'points-earned', 57, 'points-earned', '{}', 'marketing', true, 'awaiting approval', NULL, 1772791200000000, 1772668800000000, 1773273600000000, NULL, NULL, NULL, NULL, NULL, 11, 0, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('53315ff8aca904d6bd1636c71b84cce1', 'points-earned', 1, 'week 2931', 'points-earned', 56, 'points-earned', '{}', 'marketing', true, 'awaiting approval', NULL, 1772791200000000, 1772730000000000, 1773334800000000, NULL, NULL, NULL, NULL, NULL, 11, 0, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('95e8496f0df1cd6fb50de7ba535858fe', 'points-earned', 2, 'week 2931', 'points-earned', 55, 'points-earned', '{}', 'marketing', true, 'awaiting approval', NULL, 1772791200000000, 1772731800000000, 1773336600000000, NULL, NULL, NULL, NULL, NULL, 11, 0, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('7f9c8abc9e7f3e77a58d9d6ddf0a3f54', 'points-earned', 45, 'week 2931', 'points-earned', 52, 'points-earned', '{}', 'marketing', true, 'awaiting approval', NULL, 1772791200000000, 1772740800000000, 1773345600000000, NULL, NULL, NULL, NULL, NULL, 11, 0, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('7a40e34d4a31ff72f75e2b147906acbf', 'birthday', 2, '2026', 'birthday', 47, 'birthday', '{"treat": "a slice of cake", "valid for": "14 days"}', 'marketing', true, 'skipped', 'too late: enough mail for now until 10 March 10:05 UTC', 1772791200000000, 1772755200000000, 1773100800000000, 1772792100000000, NULL, NULL, NULL, NULL, 11, 0, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('59efb16984511ba08d46d1f4855b78d4', 'birthday', 37, '2026', 'birthday', 46, 'birthday', '{"treat": "a slice of cake", "valid for": "14 days"}', 'marketing', true, 'deferred', 'quiet hours', 1772791200000000, 1772802000000000, 1773118800000000, NULL, NULL, NULL, NULL, NULL, 11, 0, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('212a388965de00b181a6d38eb4fd97e6', 'points-earned', 3, 'week 2931', 'points-earned', 54, 'points-earned', '{}', 'marketing', true, 'deferred', 'enough mail for now', 1772791200000000, 1773137100000000, 1773338400000000, NULL, NULL, NULL, NULL, NULL, 11, 0, NULL, NULL, NULL);
INSERT INTO public.messages VALUES ('08b76ef1311e1a98d27137135b8559fb', 'birthday', 35, '2026', 'birthday', 48, 'birthday', '{"treat": "a slice of cake", "valid for": "14 days"}', 'marketing', true, 'sending', NULL, 1772791200000000, 1772755200000000, 1773100800000000, 1772792100000000, '0000b00c@@@THIS_BOOT@@/4194305/1000', 1772794800000000, 'rosa@mail.example', 'column Newsletter of old-customers.csv said yes', 11, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('1b005ca0277f695749f62fccc3d8b8ee', 'points-earned', 35, 'week 2931', 'points-earned', 58, 'points-earned', '{}', 'marketing', true, 'sending', NULL, 1772791200000000, 1772668800000000, 1773273600000000, 1772792100000000, '0000b00c@@@THIS_BOOT@@/4194305/1000', 1772794800000000, 'rosa@mail.example', 'column Newsletter of old-customers.csv said yes', 11, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('2dd32c1cc7f2f12f8507242132fb7e2b', 'welcome', 44, 'subscribed', 'welcome', 62, 'welcome', '{"how often": "twice a month at most"}', 'marketing', true, 'sending', NULL, 1772791200000000, 1772709600000000, 1773314400000000, 1772792100000000, '0000b00c@@@THIS_BOOT@@/4194305/1000', 1772794800000000, 'sara@mail.example', 'double opt-in: asked on 5 March 2026, 11:05, confirmed from mail 21c1e5ddb74757ce354d6daa2e151c68', 11, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('3e27cb7f8763c433dba8582aff3e4cd1', 'welcome', 45, 'subscribed', 'welcome', 61, 'welcome', '{"how often": "twice a month at most"}', 'marketing', true, 'sending', NULL, 1772791200000000, 1772722800000000, 1773327600000000, 1772792100000000, '0000b00c@@@THIS_BOOT@@/4194305/1000', 1772794800000000, 'yara@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 11, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('947e892757e35ed0e6c4c9513f69ce2a', 'welcome', 46, 'subscribed', 'welcome', 60, 'welcome', '{"how often": "twice a month at most"}', 'marketing', true, 'sending', NULL, 1772791200000000, 1772726400000000, 1773331200000000, 1772792100000000, '0000b00c@@@THIS_BOOT@@/4194305/1000', 1772794800000000, 'zita@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 11, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('d08a90d340b693b34a2d1c8406537d05', 'welcome', 47, 'subscribed', 'welcome', 59, 'welcome', '{"how often": "twice a month at most"}', 'marketing', true, 'sending', NULL, 1772791200000000, 1772730000000000, 1773334800000000, 1772792100000000, '0000b00c@@@THIS_BOOT@@/4194305/1000', 1772794800000000, 'abel@mail.example', 'Shopify SUBSCRIBED, SINGLE_OPT_IN', 11, 0, NULL, 'smtp', NULL);
INSERT INTO public.messages VALUES ('457aaddcc4c5dbad644d80b15e45f998', 'points-earned', 47, 'week 2931', 'points-earned', 53, 'points-earned', '{}', 'marketing', true, 'queued', NULL, 1772791200000000, 1772735400000000, 1773340200000000, NULL, NULL, NULL, NULL, NULL, 11, 0, NULL, NULL, NULL);
INSERT INTO public.metrics VALUES (1, 1, 1, 1800, 1772730000000000, 1772730000000000, NULL);
INSERT INTO public.metrics VALUES (2, 1, 1, 2200, 1772731800000000, 1772731800000000, NULL);
INSERT INTO public.metrics VALUES (3, 1, 1, 3190, 1772733600000000, 1772733600000000, NULL);
INSERT INTO public.metrics VALUES (20, 3, 3, 4200, 1761991200000000, 1772179200000000, NULL);
INSERT INTO public.metrics VALUES (21, 4, 4, 1800, 1762157400000000, 1768032600000000, 1771949400000000);
INSERT INTO public.metrics VALUES (22, 4, 4, 1840, 1762157460000000, 1768119060000000, 1772093460000000);
INSERT INTO public.metrics VALUES (23, 4, 4, 1880, 1762157520000000, 1768205520000000, 1772237520000000);
INSERT INTO public.metrics VALUES (24, 4, 4, 1440, 1762157580000000, 1768291980000000, 1772381580000000);
INSERT INTO public.metrics VALUES (25, 4, 4, 1960, 1762157640000000, 1768378440000000, 1772525640000000);
INSERT INTO public.metrics VALUES (26, 4, 4, 2000, 1762157700000000, 1768032900000000, 1771949700000000);
INSERT INTO public.metrics VALUES (27, 4, 4, 2040, 1762157760000000, 1768119360000000, 1772093760000000);
INSERT INTO public.metrics VALUES (28, 4, 4, 2080, 1762157820000000, 1768205820000000, 1772237820000000);
INSERT INTO public.metrics VALUES (29, 4, 4, 2120, 1762157880000000, 1768292280000000, 1772381880000000);
INSERT INTO public.metrics VALUES (30, 4, 4, 2160, 1762157940000000, 1768378740000000, 1772525940000000);
INSERT INTO public.metrics VALUES (31, 4, 4, 2200, 1762158000000000, 1768033200000000, 1771950000000000);
INSERT INTO public.metrics VALUES (32, 4, 4, 2240, 1762158060000000, 1768119660000000, 1772094060000000);
INSERT INTO public.metrics VALUES (34, 1, 1, 1400, 1772668800000000, 1772668800000000, NULL);
INSERT INTO public.metrics VALUES (35, 1, 1, 1600, 1772668800000000, 1772668800000000, NULL);
INSERT INTO public.metrics VALUES (38, 1, 1, 550, 1771718400000000, 1771718400000000, NULL);
INSERT INTO public.metrics VALUES (42, 1, 1, 1200, 1772377500000000, 1772377500000000, NULL);
INSERT INTO public.metrics VALUES (45, 1, 1, 4000, 1772740800000000, 1772740800000000, NULL);
INSERT INTO public.metrics VALUES (47, 1, 1, 950, 1772735400000000, 1772735400000000, NULL);
INSERT INTO public.order_lines VALUES ('till', 'S083', 0, 'Flat white', 'FLAT', 1, 530, 1768292280000000);
INSERT INTO public.order_lines VALUES ('till', 'S090', 0, 'Flat white', 'FLAT', 1, 540, 1762157940000000);
INSERT INTO public.order_lines VALUES ('market-stall', 'M3', 0, 'Jam', NULL, 1, 550, 1772789400000000);
INSERT INTO public.order_lines VALUES ('online-shop', '51001', 0, 'House blend', '502', 1, 1200, 1772377500000000);
INSERT INTO public.order_lines VALUES ('online-shop', '51002', 0, 'House blend', '502', 1, 3000, 1761991200000000);
INSERT INTO public.order_lines VALUES ('online-shop', '51020', 0, 'House blend', '502', 1, 700, 1769940000000000);
INSERT INTO public.order_lines VALUES ('till', 'S000', 0, 'Flat white', 'FLAT', 1, 450, 1762157400000000);
INSERT INTO public.order_lines VALUES ('till', 'S001', 0, 'Flat white', 'FLAT', 1, 450, 1763367000000000);
INSERT INTO public.order_lines VALUES ('till', 'S002', 0, 'Flat white', 'FLAT', 1, 450, 1764576600000000);
INSERT INTO public.order_lines VALUES ('till', 'S003', 0, 'Flat white', 'FLAT', 1, 450, 1768032600000000);
INSERT INTO public.order_lines VALUES ('till', 'S010', 0, 'Flat white', 'FLAT', 1, 460, 1762157460000000);
INSERT INTO public.order_lines VALUES ('till', 'S011', 0, 'Flat white', 'FLAT', 1, 460, 1763367060000000);
INSERT INTO public.order_lines VALUES ('till', 'S012', 0, 'Flat white', 'FLAT', 1, 460, 1764576660000000);
INSERT INTO public.order_lines VALUES ('till', 'S013', 0, 'Flat white', 'FLAT', 1, 460, 1768119060000000);
INSERT INTO public.order_lines VALUES ('till', 'S020', 0, 'Flat white', 'FLAT', 1, 470, 1762157520000000);
INSERT INTO public.order_lines VALUES ('till', 'S021', 0, 'Flat white', 'FLAT', 1, 470, 1763367120000000);
INSERT INTO public.order_lines VALUES ('till', 'S022', 0, 'Flat white', 'FLAT', 1, 470, 1764576720000000);
INSERT INTO public.order_lines VALUES ('till', 'S023', 0, 'Flat white', 'FLAT', 1, 470, 1768205520000000);
INSERT INTO public.order_lines VALUES ('till', 'S030', 0, 'Flat white', 'FLAT', 1, 480, 1762157580000000);
INSERT INTO public.order_lines VALUES ('till', 'S031', 0, 'Flat white', 'FLAT', 1, 480, 1763367180000000);
INSERT INTO public.order_lines VALUES ('till', 'S032', 0, 'Flat white', 'FLAT', 1, 480, 1764576780000000);
INSERT INTO public.order_lines VALUES ('till', 'S033', 0, 'Flat white', 'FLAT', 1, 480, 1768291980000000);
INSERT INTO public.order_lines VALUES ('till', 'S040', 0, 'Flat white', 'FLAT', 1, 490, 1762157640000000);
INSERT INTO public.order_lines VALUES ('till', 'S041', 0, 'Flat white', 'FLAT', 1, 490, 1763367240000000);
INSERT INTO public.order_lines VALUES ('till', 'S042', 0, 'Flat white', 'FLAT', 1, 490, 1764576840000000);
INSERT INTO public.order_lines VALUES ('till', 'S043', 0, 'Flat white', 'FLAT', 1, 490, 1768378440000000);
INSERT INTO public.order_lines VALUES ('till', 'S050', 0, 'Flat white', 'FLAT', 1, 500, 1762157700000000);
INSERT INTO public.order_lines VALUES ('till', 'S051', 0, 'Flat white', 'FLAT', 1, 500, 1763367300000000);
INSERT INTO public.order_lines VALUES ('till', 'S052', 0, 'Flat white', 'FLAT', 1, 500, 1764576900000000);
INSERT INTO public.order_lines VALUES ('till', 'S053', 0, 'Flat white', 'FLAT', 1, 500, 1768032900000000);
INSERT INTO public.order_lines VALUES ('till', 'S060', 0, 'Flat white', 'FLAT', 1, 510, 1762157760000000);
INSERT INTO public.order_lines VALUES ('till', 'S061', 0, 'Flat white', 'FLAT', 1, 510, 1763367360000000);
INSERT INTO public.order_lines VALUES ('till', 'S062', 0, 'Flat white', 'FLAT', 1, 510, 1764576960000000);
INSERT INTO public.order_lines VALUES ('till', 'S063', 0, 'Flat white', 'FLAT', 1, 510, 1768119360000000);
INSERT INTO public.order_lines VALUES ('till', 'S070', 0, 'Flat white', 'FLAT', 1, 520, 1762157820000000);
INSERT INTO public.order_lines VALUES ('till', 'S071', 0, 'Flat white', 'FLAT', 1, 520, 1763367420000000);
INSERT INTO public.order_lines VALUES ('till', 'S072', 0, 'Flat white', 'FLAT', 1, 520, 1764577020000000);
INSERT INTO public.order_lines VALUES ('till', 'S073', 0, 'Flat white', 'FLAT', 1, 520, 1768205820000000);
INSERT INTO public.order_lines VALUES ('till', 'S080', 0, 'Flat white', 'FLAT', 1, 530, 1762157880000000);
INSERT INTO public.order_lines VALUES ('till', 'S081', 0, 'Flat white', 'FLAT', 1, 530, 1763367480000000);
INSERT INTO public.order_lines VALUES ('till', 'S082', 0, 'Flat white', 'FLAT', 1, 530, 1764577080000000);
INSERT INTO public.order_lines VALUES ('till', 'S091', 0, 'Flat white', 'FLAT', 1, 540, 1763367540000000);
INSERT INTO public.order_lines VALUES ('till', 'S092', 0, 'Flat white', 'FLAT', 1, 540, 1764577140000000);
INSERT INTO public.order_lines VALUES ('till', 'S093', 0, 'Flat white', 'FLAT', 1, 540, 1768378740000000);
INSERT INTO public.order_lines VALUES ('till', 'S100', 0, 'Flat white', 'FLAT', 1, 550, 1762158000000000);
INSERT INTO public.order_lines VALUES ('till', 'S101', 0, 'Flat white', 'FLAT', 1, 550, 1763367600000000);
INSERT INTO public.order_lines VALUES ('till', 'S102', 0, 'Flat white', 'FLAT', 1, 550, 1764577200000000);
INSERT INTO public.order_lines VALUES ('online-shop', '51003', 0, 'House blend', '502', 1, 1800, 1772730000000000);
INSERT INTO public.order_lines VALUES ('online-shop', '51004', 0, 'House blend', '502', 1, 2200, 1772731800000000);
INSERT INTO public.order_lines VALUES ('online-shop', '51005', 0, 'House blend', '502', 1, 3190, 1772733600000000);
INSERT INTO public.order_lines VALUES ('online-shop', '51006', 0, 'House blend', '502', 1, 950, 1772735400000000);
INSERT INTO public.order_lines VALUES ('online-shop', '51007', 0, 'House blend', '502', 1, 1500, 1772739000000000);
INSERT INTO public.order_lines VALUES ('online-shop', '51008', 0, 'House blend', '502', 1, 4000, 1772740800000000);
INSERT INTO public.order_lines VALUES ('till', 'S103', 0, 'Flat white', 'FLAT', 1, 550, 1768033200000000);
INSERT INTO public.order_lines VALUES ('till', 'S110', 0, 'Flat white', 'FLAT', 1, 560, 1762158060000000);
INSERT INTO public.order_lines VALUES ('till', 'S111', 0, 'Flat white', 'FLAT', 1, 560, 1763367660000000);
INSERT INTO public.order_lines VALUES ('till', 'S112', 0, 'Flat white', 'FLAT', 1, 560, 1764577260000000);
INSERT INTO public.order_lines VALUES ('till', 'S113', 0, 'Flat white', 'FLAT', 1, 560, 1768119660000000);
INSERT INTO public.order_lines VALUES ('till', 'S200', 0, 'Flat white', 'FLAT', 1, 600, 1771574400000000);
INSERT INTO public.order_lines VALUES ('till', 'S201', 0, 'Flat white', 'FLAT', 1, 600, 1772179200000000);
INSERT INTO public.order_lines VALUES ('market-stall', 'M1', 0, 'Granola', NULL, 1, 1400, 1772789400000000);
INSERT INTO public.order_lines VALUES ('market-stall', 'M2', 0, 'Jam', NULL, 1, 800, 1772789400000000);
INSERT INTO public.order_lines VALUES ('market-stall', 'M2', 1, 'Bread', NULL, 1, 800, 1772789400000000);
INSERT INTO public.orders VALUES (13, 'till', 'S022', 'till', 'T02', 23, 1764576720000000, 470, 'EUR', 'till', true, 1764576720000000);
INSERT INTO public.orders VALUES (14, 'till', 'S023', 'till', 'T02', 23, 1768205520000000, 470, 'EUR', 'till', true, 1768205520000000);
INSERT INTO public.orders VALUES (15, 'till', 'S030', 'till', 'T03', 24, 1762157580000000, 480, 'EUR', 'till', true, 1762157580000000);
INSERT INTO public.orders VALUES (16, 'till', 'S031', 'till', 'T03', 24, 1763367180000000, 480, 'EUR', 'till', true, 1763367180000000);
INSERT INTO public.orders VALUES (17, 'till', 'S032', 'till', 'T03', 24, 1764576780000000, 480, 'EUR', 'till', true, 1764576780000000);
INSERT INTO public.orders VALUES (18, 'till', 'S033', 'till', 'T03', 24, 1768291980000000, 480, 'EUR', 'till', true, 1768291980000000);
INSERT INTO public.orders VALUES (19, 'till', 'S040', 'till', 'T04', 25, 1762157640000000, 490, 'EUR', 'till', true, 1762157640000000);
INSERT INTO public.orders VALUES (20, 'till', 'S041', 'till', 'T04', 25, 1763367240000000, 490, 'EUR', 'till', true, 1763367240000000);
INSERT INTO public.orders VALUES (21, 'till', 'S042', 'till', 'T04', 25, 1764576840000000, 490, 'EUR', 'till', true, 1764576840000000);
INSERT INTO public.orders VALUES (22, 'till', 'S043', 'till', 'T04', 25, 1768378440000000, 490, 'EUR', 'till', true, 1768378440000000);
INSERT INTO public.orders VALUES (23, 'till', 'S050', 'till', 'T05', 26, 1762157700000000, 500, 'EUR', 'till', true, 1762157700000000);
INSERT INTO public.orders VALUES (24, 'till', 'S051', 'till', 'T05', 26, 1763367300000000, 500, 'EUR', 'till', true, 1763367300000000);
INSERT INTO public.orders VALUES (25, 'till', 'S052', 'till', 'T05', 26, 1764576900000000, 500, 'EUR', 'till', true, 1764576900000000);
INSERT INTO public.orders VALUES (26, 'till', 'S053', 'till', 'T05', 26, 1768032900000000, 500, 'EUR', 'till', true, 1768032900000000);
INSERT INTO public.orders VALUES (27, 'till', 'S060', 'till', 'T06', 27, 1762157760000000, 510, 'EUR', 'till', true, 1762157760000000);
INSERT INTO public.orders VALUES (28, 'till', 'S061', 'till', 'T06', 27, 1763367360000000, 510, 'EUR', 'till', true, 1763367360000000);
INSERT INTO public.orders VALUES (29, 'till', 'S062', 'till', 'T06', 27, 1764576960000000, 510, 'EUR', 'till', true, 1764576960000000);
INSERT INTO public.orders VALUES (52, 'till', 'S300', 'till', 'T03', 24, 1769936400000000, 450, 'EUR', 'till', false, 1769936400000000);
INSERT INTO public.orders VALUES (1, 'online-shop', '51002', 'online-shop', '7120000000025', 20, 1761991200000000, 3000, 'EUR', 'online', true, 1761991200000000);
INSERT INTO public.orders VALUES (2, 'online-shop', '51020', 'online-shop', NULL, NULL, 1769940000000000, 700, 'EUR', 'online', true, 1769940000000000);
INSERT INTO public.orders VALUES (3, 'till', 'S000', 'till', 'T00', 21, 1762157400000000, 450, 'EUR', 'till', true, 1762157400000000);
INSERT INTO public.orders VALUES (4, 'till', 'S001', 'till', 'T00', 21, 1763367000000000, 450, 'EUR', 'till', true, 1763367000000000);
INSERT INTO public.orders VALUES (5, 'till', 'S002', 'till', 'T00', 21, 1764576600000000, 450, 'EUR', 'till', true, 1764576600000000);
INSERT INTO public.orders VALUES (6, 'till', 'S003', 'till', 'T00', 21, 1768032600000000, 450, 'EUR', 'till', true, 1768032600000000);
INSERT INTO public.orders VALUES (7, 'till', 'S010', 'till', 'T01', 22, 1762157460000000, 460, 'EUR', 'till', true, 1762157460000000);
INSERT INTO public.orders VALUES (8, 'till', 'S011', 'till', 'T01', 22, 1763367060000000, 460, 'EUR', 'till', true, 1763367060000000);
INSERT INTO public.orders VALUES (9, 'till', 'S012', 'till', 'T01', 22, 1764576660000000, 460, 'EUR', 'till', true, 1764576660000000);
INSERT INTO public.orders VALUES (10, 'till', 'S013', 'till', 'T01', 22, 1768119060000000, 460, 'EUR', 'till', true, 1768119060000000);
INSERT INTO public.orders VALUES (11, 'till', 'S020', 'till', 'T02', 23, 1762157520000000, 470, 'EUR', 'till', true, 1762157520000000);
INSERT INTO public.orders VALUES (12, 'till', 'S021', 'till', 'T02', 23, 1763367120000000, 470, 'EUR', 'till', true, 1763367120000000);
INSERT INTO public.orders VALUES (38, 'till', 'S083', 'till', 'T08', 29, 1768292280000000, 530, 'EUR', 'till', true, 1768292280000000);
INSERT INTO public.orders VALUES (54, 'online-shop', '51001', 'online-shop', '7120000000020', 42, 1772377500000000, 1200, 'EUR', 'online', true, 1772377500000000);
INSERT INTO public.orders VALUES (272, 'online-shop', '51003', 'online-shop', '7120000000001', 1, 1772730000000000, 1800, 'EUR', 'online', true, 1772730000000000);
INSERT INTO public.orders VALUES (273, 'online-shop', '51004', 'online-shop', '7120000000002', 2, 1772731800000000, 2200, 'EUR', 'online', true, 1772731800000000);
INSERT INTO public.orders VALUES (274, 'online-shop', '51005', 'online-shop', '7120000000003', 3, 1772733600000000, 3190, 'EUR', 'online', true, 1772733600000000);
INSERT INTO public.orders VALUES (276, 'online-shop', '51007', 'online-shop', '7120000000006', 6, 1772737200000000, 1500, 'EUR', 'online', false, 1772739000000000);
INSERT INTO public.orders VALUES (277, 'online-shop', '51008', 'online-shop', '7120000000022', 45, 1772740800000000, 4000, 'EUR', 'online', true, 1772740800000000);
INSERT INTO public.orders VALUES (275, 'online-shop', '51006', 'online-shop', '7120000000024', 47, 1772735400000000, 950, 'EUR', 'online', true, 1772735400000000);
INSERT INTO public.orders VALUES (30, 'till', 'S063', 'till', 'T06', 27, 1768119360000000, 510, 'EUR', 'till', true, 1768119360000000);
INSERT INTO public.orders VALUES (31, 'till', 'S070', 'till', 'T07', 28, 1762157820000000, 520, 'EUR', 'till', true, 1762157820000000);
INSERT INTO public.orders VALUES (32, 'till', 'S071', 'till', 'T07', 28, 1763367420000000, 520, 'EUR', 'till', true, 1763367420000000);
INSERT INTO public.orders VALUES (33, 'till', 'S072', 'till', 'T07', 28, 1764577020000000, 520, 'EUR', 'till', true, 1764577020000000);
INSERT INTO public.orders VALUES (34, 'till', 'S073', 'till', 'T07', 28, 1768205820000000, 520, 'EUR', 'till', true, 1768205820000000);
INSERT INTO public.orders VALUES (35, 'till', 'S080', 'till', 'T08', 29, 1762157880000000, 530, 'EUR', 'till', true, 1762157880000000);
INSERT INTO public.orders VALUES (36, 'till', 'S081', 'till', 'T08', 29, 1763367480000000, 530, 'EUR', 'till', true, 1763367480000000);
INSERT INTO public.orders VALUES (37, 'till', 'S082', 'till', 'T08', 29, 1764577080000000, 530, 'EUR', 'till', true, 1764577080000000);
INSERT INTO public.orders VALUES (39, 'till', 'S090', 'till', 'T09', 30, 1762157940000000, 540, 'EUR', 'till', true, 1762157940000000);
INSERT INTO public.orders VALUES (40, 'till', 'S091', 'till', 'T09', 30, 1763367540000000, 540, 'EUR', 'till', true, 1763367540000000);
INSERT INTO public.orders VALUES (41, 'till', 'S092', 'till', 'T09', 30, 1764577140000000, 540, 'EUR', 'till', true, 1764577140000000);
INSERT INTO public.orders VALUES (42, 'till', 'S093', 'till', 'T09', 30, 1768378740000000, 540, 'EUR', 'till', true, 1768378740000000);
INSERT INTO public.orders VALUES (43, 'till', 'S100', 'till', 'T10', 31, 1762158000000000, 550, 'EUR', 'till', true, 1762158000000000);
INSERT INTO public.orders VALUES (44, 'till', 'S101', 'till', 'T10', 31, 1763367600000000, 550, 'EUR', 'till', true, 1763367600000000);
INSERT INTO public.orders VALUES (45, 'till', 'S102', 'till', 'T10', 31, 1764577200000000, 550, 'EUR', 'till', true, 1764577200000000);
INSERT INTO public.orders VALUES (46, 'till', 'S103', 'till', 'T10', 31, 1768033200000000, 550, 'EUR', 'till', true, 1768033200000000);
INSERT INTO public.orders VALUES (47, 'till', 'S110', 'till', 'T11', 32, 1762158060000000, 560, 'EUR', 'till', true, 1762158060000000);
INSERT INTO public.orders VALUES (48, 'till', 'S111', 'till', 'T11', 32, 1763367660000000, 560, 'EUR', 'till', true, 1763367660000000);
INSERT INTO public.orders VALUES (49, 'till', 'S112', 'till', 'T11', 32, 1764577260000000, 560, 'EUR', 'till', true, 1764577260000000);
INSERT INTO public.orders VALUES (50, 'till', 'S113', 'till', 'T11', 32, 1768119660000000, 560, 'EUR', 'till', true, 1768119660000000);
INSERT INTO public.orders VALUES (51, 'till', 'S200', 'till', 'T20', 20, 1771574400000000, 600, 'EUR', 'till', true, 1771574400000000);
INSERT INTO public.orders VALUES (106, 'till', 'S201', 'till', 'T20', 20, 1772179200000000, 600, 'EUR', 'till', true, 1772179200000000);
INSERT INTO public.orders VALUES (53, 'market-stall', 'M3', 'old-list', 'L6', 38, 1771718400000000, 550, 'EUR', 'till', true, 1772789400000000);
INSERT INTO public.orders VALUES (330, 'market-stall', 'M1', 'old-list', 'L2', 34, 1772668800000000, 1400, 'EUR', 'till', true, 1772789400000000);
INSERT INTO public.orders VALUES (331, 'market-stall', 'M2', 'old-list', 'L3', 35, 1772668800000000, 1600, 'EUR', 'till', true, 1772789400000000);
INSERT INTO public.points_balances VALUES (1, 18);
INSERT INTO public.points_balances VALUES (2, 22);
INSERT INTO public.points_balances VALUES (3, 31);
INSERT INTO public.points_balances VALUES (20, 6);
INSERT INTO public.points_balances VALUES (21, 8);
INSERT INTO public.points_balances VALUES (22, 8);
INSERT INTO public.points_balances VALUES (23, 8);
INSERT INTO public.points_balances VALUES (24, 8);
INSERT INTO public.points_balances VALUES (34, 14);
INSERT INTO public.points_balances VALUES (35, 16);
INSERT INTO public.points_balances VALUES (42, 12);
INSERT INTO public.points_balances VALUES (45, 40);
INSERT INTO public.points_balances VALUES (47, 9);
INSERT INTO public.points_entries VALUES (17, 'regulars', 'earned/till/S201', 'till', 'T20', 20, 'earned', 6, 1772179200000000, 1803715200000000, 'till', 'S201', 600);
INSERT INTO public.points_entries VALUES (18, 'regulars', 'earned/online-shop/51001', 'online-shop', '7120000000020', 42, 'earned', 12, 1772377500000000, 1803913500000000, 'online-shop', '51001', 1200);
INSERT INTO public.points_entries VALUES (1, 'till', 'E00', 'till', 'T00', 21, 'earned', 10, 1768035600000000, 1801440000000000, 'till', 'S003', 1768035600000000);
INSERT INTO public.points_entries VALUES (2, 'till', 'E01', 'till', 'T00', 21, 'spent', -2, 1768035900000000, NULL, NULL, NULL, 1768035900000000);
INSERT INTO public.points_entries VALUES (3, 'till', 'E10', 'till', 'T01', 22, 'earned', 10, 1768122000000000, 1801440000000000, 'till', 'S013', 1768122000000000);
INSERT INTO public.points_entries VALUES (4, 'till', 'E11', 'till', 'T01', 22, 'spent', -2, 1768122300000000, NULL, NULL, NULL, 1768122300000000);
INSERT INTO public.points_entries VALUES (5, 'till', 'E20', 'till', 'T02', 23, 'earned', 10, 1768208400000000, 1801440000000000, 'till', 'S023', 1768208400000000);
INSERT INTO public.points_entries VALUES (6, 'till', 'E21', 'till', 'T02', 23, 'spent', -2, 1768208700000000, NULL, NULL, NULL, 1768208700000000);
INSERT INTO public.points_entries VALUES (7, 'till', 'E30', 'till', 'T03', 24, 'earned', 10, 1768294800000000, 1801440000000000, 'till', 'S033', 1768294800000000);
INSERT INTO public.points_entries VALUES (8, 'till', 'E31', 'till', 'T03', 24, 'spent', -2, 1768295100000000, NULL, NULL, NULL, 1768295100000000);
INSERT INTO public.points_entries VALUES (51, 'regulars', 'earned/online-shop/51003', 'online-shop', '7120000000001', 1, 'earned', 18, 1772730000000000, 1804266000000000, 'online-shop', '51003', 1800);
INSERT INTO public.points_entries VALUES (52, 'regulars', 'earned/online-shop/51004', 'online-shop', '7120000000002', 2, 'earned', 22, 1772731800000000, 1804267800000000, 'online-shop', '51004', 2200);
INSERT INTO public.points_entries VALUES (53, 'regulars', 'earned/online-shop/51005', 'online-shop', '7120000000003', 3, 'earned', 31, 1772733600000000, 1804269600000000, 'online-shop', '51005', 3190);
INSERT INTO public.points_entries VALUES (54, 'regulars', 'earned/market-stall/M1', 'old-list', 'L2', 34, 'earned', 14, 1772668800000000, 1804204800000000, 'market-stall', 'M1', 1400);
INSERT INTO public.points_entries VALUES (55, 'regulars', 'earned/market-stall/M2', 'old-list', 'L3', 35, 'earned', 16, 1772668800000000, 1804204800000000, 'market-stall', 'M2', 1600);
INSERT INTO public.points_entries VALUES (56, 'regulars', 'earned/online-shop/51008', 'online-shop', '7120000000022', 45, 'earned', 40, 1772740800000000, 1804276800000000, 'online-shop', '51008', 4000);
INSERT INTO public.points_entries VALUES (57, 'regulars', 'earned/online-shop/51006', 'online-shop', '7120000000024', 47, 'earned', 9, 1772735400000000, 1804271400000000, 'online-shop', '51006', 950);
INSERT INTO public.points_lots VALUES (51, 1, 1772730000000000, 1804266000000000, 18);
INSERT INTO public.points_lots VALUES (52, 2, 1772731800000000, 1804267800000000, 22);
INSERT INTO public.points_lots VALUES (53, 3, 1772733600000000, 1804269600000000, 31);
INSERT INTO public.points_lots VALUES (17, 20, 1772179200000000, 1803715200000000, 6);
INSERT INTO public.points_lots VALUES (1, 21, 1768035600000000, 1801440000000000, 8);
INSERT INTO public.points_lots VALUES (3, 22, 1768122000000000, 1801440000000000, 8);
INSERT INTO public.points_lots VALUES (5, 23, 1768208400000000, 1801440000000000, 8);
INSERT INTO public.points_lots VALUES (7, 24, 1768294800000000, 1801440000000000, 8);
INSERT INTO public.points_lots VALUES (54, 34, 1772668800000000, 1804204800000000, 14);
INSERT INTO public.points_lots VALUES (55, 35, 1772668800000000, 1804204800000000, 16);
INSERT INTO public.points_lots VALUES (18, 42, 1772377500000000, 1803913500000000, 12);
INSERT INTO public.points_lots VALUES (56, 45, 1772740800000000, 1804276800000000, 40);
INSERT INTO public.points_lots VALUES (57, 47, 1772735400000000, 1804271400000000, 9);
INSERT INTO public.quarantine VALUES (1, 'old-list', 'customers', 'line 10', 'The e-mail address is none.', '"Line(number=10, says={''e_mail'': ''not-an-address'', ''customer'': ''L9'', ''first_name'': ''Pia'', ''phone'': '''', ''birthday'': ''1988-10-11'', ''timezone'': '''', ''consent'': ''yes''}, surplus=False)"', 1772100000000000);
INSERT INTO public.refunds VALUES (1, 'till', 'R1', 'S030', 1769936400000000, 480, 1769936400000000);
INSERT INTO public.rule_states VALUES ('abandoned-cart', 1772100300000000, 1772791200000000, 10800000000, true);
INSERT INTO public.rule_states VALUES ('we-miss-you', 1772100300000000, 1772791200000000, 3888000000000, true);
INSERT INTO public.rule_states VALUES ('birthday', 1772100300000000, 1772791200000000, 0, false);
INSERT INTO public.rule_states VALUES ('unhappy-visit', 1772100300000000, 1772791200000000, 0, false);
INSERT INTO public.rule_states VALUES ('points-earned', 1772100300000000, 1772791200000000, 0, true);
INSERT INTO public.rule_states VALUES ('points-expiring', 1772100300000000, 1772791200000000, -2592000000000, false);
INSERT INTO public.rule_states VALUES ('welcome', 1772100300000000, 1772791200000000, 0, true);
INSERT INTO public.sign_ups VALUES ('26b8c6ce55e7bf6f765e891dbd6766bf', 'tome@mail.example', 'tome@mail.example', NULL, NULL, 'Corner Café may write to me, twice a month at most.', 1772708700000000, NULL, 'sent', NULL, 1772709000000000, NULL, 1772794800000000, 0, NULL, 'smtp');
INSERT INTO public.sign_ups VALUES ('21c1e5ddb74757ce354d6daa2e151c68', 'sara@mail.example', 'sara@mail.example', 'Sara', NULL, 'Corner Café may write to me, twice a month at most.', 1772708700000000, 1772709600000000, 'sent', NULL, 1772709000000000, NULL, 1772794800000000, 0, NULL, 'smtp');
INSERT INTO public.sign_ups VALUES ('3aee612c2a99f296300619afce0630e1', 'ulla@mail.example', 'ulla@mail.example', NULL, NULL, 'Corner Café may write to me, twice a month at most.', 1772793600000000, NULL, 'queued', NULL, NULL, NULL, NULL, 0, NULL, NULL);
INSERT INTO public.stops VALUES ('rule:points-earned', 1772793060000000, 'The rate is under discussion.');
INSERT INTO public.suppressions VALUES ('fausto@mail.example', 'hard bounce', '550 5.1.1 no such user', 1772532300000000, NULL, NULL);
INSERT INTO public.suppressions VALUES ('alda@mail.example', 'hard bounce', '550 5.1.1 <alda@mail.example>: Recipient address rejected: User unknown', 1772789400000000, NULL, NULL);
INSERT INTO public.suppressions VALUES ('olga@mail.example', 'by hand', 'She asked me at the counter.', 1772794800000000, NULL, NULL);
INSERT INTO public.sync_states VALUES ('old-list', 'customers', NULL, NULL, NULL, 'aefb582cead9873d22a702345716c7d7111af9f579a812dcc16af55b3775fffe', 1772100000000000);
INSERT INTO public.sync_states VALUES ('regulars', 'points', 1772100300000000, NULL, NULL, NULL, NULL);
INSERT INTO public.sync_states VALUES ('online-shop', 'customers', 1772789100000000, NULL, NULL, NULL, 1772789400000000);
INSERT INTO public.sync_states VALUES ('online-shop', 'orders', 1772789100000000, NULL, NULL, NULL, 1772789400000000);
INSERT INTO public.sync_states VALUES ('online-shop', 'abandonedCheckouts', 1772789100000000, NULL, NULL, NULL, 1772789400000000);
INSERT INTO public.sync_states VALUES ('till', 'customers', 1772788500000000, NULL, NULL, NULL, 1772789400000000);
INSERT INTO public.sync_states VALUES ('till', 'orders', 1772789100000000, NULL, NULL, NULL, 1772789400000000);
INSERT INTO public.sync_states VALUES ('till', 'refunds', 1772789100000000, NULL, NULL, NULL, 1772789400000000);
INSERT INTO public.sync_states VALUES ('till', 'bookings', 1772789100000000, NULL, NULL, NULL, 1772789400000000);
INSERT INTO public.sync_states VALUES ('till', 'points', 1772443800000000, NULL, NULL, NULL, 1772789400000000);
INSERT INTO public.sync_states VALUES ('market-stall', 'orders', NULL, NULL, NULL, '41d5b41d6af4027319d4417fa3bc3ddede274bc5f370e9851a1d08269ffc38ef', 1772789400000000);
INSERT INTO public.sync_states VALUES ('survey', 'answers', NULL, NULL, NULL, 'ea961f88e0e68291c10c2310cea2a135afa0f869064045fc6b9713e67a3813ba', 1772789400000000);
INSERT INTO public.sync_states VALUES ('the mailbox', 'mails', NULL, NULL, '["8bbff8ebc4da59df"]', 'returned', 1772789400000000);
INSERT INTO public.tasks VALUES (2, 'unhappy-visit', 37, 49, '1', 'Call this customer today', 1772791200000000, 1772877600000000, NULL);
INSERT INTO public.tasks VALUES (1, 'unhappy-visit', 35, 50, '1', 'Call this customer today', 1772791200000000, 1772877600000000, 1772791320000000);
INSERT INTO public.ticks VALUES (1, 1772100300000000, 1772794800000000, 'EUR');
INSERT INTO public.ticks VALUES (2, 1772186700000000, 1772794800000000, 'EUR');
INSERT INTO public.ticks VALUES (3, 1772445900000000, 1772794800000000, 'EUR');
INSERT INTO public.ticks VALUES (4, 1772532060000000, 1772794800000000, 'EUR');
INSERT INTO public.ticks VALUES (5, 1772532300000000, 1772794800000000, 'EUR');
INSERT INTO public.ticks VALUES (6, 1772619660000000, 1772794800000000, 'EUR');
INSERT INTO public.ticks VALUES (7, 1772619900000000, 1772794800000000, 'EUR');
INSERT INTO public.ticks VALUES (8, 1772705460000000, 1772794800000000, 'EUR');
INSERT INTO public.ticks VALUES (9, 1772705700000000, 1772794800000000, 'EUR');
INSERT INTO public.ticks VALUES (10, 1772705760000000, 1772794800000000, 'EUR');
INSERT INTO public.ticks VALUES (11, 1772791200000000, 1772794800000000, 'EUR');
INSERT INTO public.write_backs VALUES (1, 'online-shop', '7120000000009', 9, 1772708400000000, 1, NULL, 1772794800000000, 'told');
INSERT INTO public.write_backs VALUES (2, 'online-shop', '7120000000013', 13, 1772708400000000, 1, 1772794800000000, NULL, 'Try again later');
SELECT pg_catalog.setval('public.answers_id_seq', 3, true);
SELECT pg_catalog.setval('public.basis_statements_id_seq', 50, true);
SELECT pg_catalog.setval('public.bookings_id_seq', 18, true);
SELECT pg_catalog.setval('public.carts_id_seq', 53, true);
SELECT pg_catalog.setval('public.customers_id_seq', 47, true);
SELECT pg_catalog.setval('public.dirty_id_seq', 426, true);
SELECT pg_catalog.setval('public.enrolments_id_seq', 62, true);
SELECT pg_catalog.setval('public.home_id_seq', 1, false);
SELECT pg_catalog.setval('public.identities_id_seq', 224, true);
SELECT pg_catalog.setval('public.mail_events_id_seq', 2, true);
SELECT pg_catalog.setval('public.merges_id_seq', 1, true);
SELECT pg_catalog.setval('public.orders_id_seq', 332, true);
SELECT pg_catalog.setval('public.points_entries_id_seq', 57, true);
SELECT pg_catalog.setval('public.quarantine_id_seq', 1, true);
SELECT pg_catalog.setval('public.refunds_id_seq', 6, true);
SELECT pg_catalog.setval('public.tasks_id_seq', 2, true);
SELECT pg_catalog.setval('public.ticks_id_seq', 11, true);
SELECT pg_catalog.setval('public.write_backs_id_seq', 2, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.answers
    ADD CONSTRAINT answers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.answers
    ADD CONSTRAINT answers_source_external_id_key UNIQUE (source, external_id);
ALTER TABLE ONLY public.basis
    ADD CONSTRAINT basis_pkey PRIMARY KEY (customer_id, channel);
ALTER TABLE ONLY public.basis_statements
    ADD CONSTRAINT basis_statements_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.basis_statements
    ADD CONSTRAINT basis_statements_source_external_id_channel_says_said_at_re_key UNIQUE (source, external_id, channel, says, said_at, recorded_at);
ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT bookings_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT bookings_source_external_id_key UNIQUE (source, external_id);
ALTER TABLE ONLY public.cart_lines
    ADD CONSTRAINT cart_lines_pkey PRIMARY KEY (source, cart_key, "position");
ALTER TABLE ONLY public.carts
    ADD CONSTRAINT carts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.carts
    ADD CONSTRAINT carts_source_external_id_key UNIQUE (source, external_id);
ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_pkey PRIMARY KEY (identity_id, channel, key);
ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_email_key_key UNIQUE (email_key);
ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_founder_key UNIQUE (founder);
ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.dirty
    ADD CONSTRAINT dirty_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_rule_customer_id_occasion_key UNIQUE (rule, customer_id, occasion);
ALTER TABLE ONLY public.examinations
    ADD CONSTRAINT examinations_pkey PRIMARY KEY (about);
ALTER TABLE ONLY public.home
    ADD CONSTRAINT home_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_source_external_id_key UNIQUE (source, external_id);
ALTER TABLE ONLY public.locks
    ADD CONSTRAINT locks_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.mail_events
    ADD CONSTRAINT mail_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.mail_events
    ADD CONSTRAINT mail_events_source_key_key UNIQUE (source, key);
ALTER TABLE ONLY public.merges
    ADD CONSTRAINT merges_gone_key UNIQUE (gone);
ALTER TABLE ONLY public.merges
    ADD CONSTRAINT merges_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_rule_customer_id_occasion_step_key UNIQUE (rule, customer_id, occasion, step);
ALTER TABLE ONLY public.metrics
    ADD CONSTRAINT metrics_pkey PRIMARY KEY (customer_id);
ALTER TABLE ONLY public.order_lines
    ADD CONSTRAINT order_lines_pkey PRIMARY KEY (source, order_key, "position");
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_source_external_id_key UNIQUE (source, external_id);
ALTER TABLE ONLY public.points_balances
    ADD CONSTRAINT points_balances_pkey PRIMARY KEY (customer_id);
ALTER TABLE ONLY public.points_entries
    ADD CONSTRAINT points_entries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.points_entries
    ADD CONSTRAINT points_entries_source_external_id_key UNIQUE (source, external_id);
ALTER TABLE ONLY public.points_lots
    ADD CONSTRAINT points_lots_pkey PRIMARY KEY (entry_id);
ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT quarantine_source_stream_record_key_reason_key UNIQUE (source, stream, record_key, reason);
ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_source_external_id_key UNIQUE (source, external_id);
ALTER TABLE ONLY public.rule_states
    ADD CONSTRAINT rule_states_pkey PRIMARY KEY (rule);
ALTER TABLE ONLY public.shared_phones
    ADD CONSTRAINT shared_phones_pkey PRIMARY KEY (phone_key);
ALTER TABLE ONLY public.sign_ups
    ADD CONSTRAINT sign_ups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.stops
    ADD CONSTRAINT stops_pkey PRIMARY KEY (what);
ALTER TABLE ONLY public.suppressions
    ADD CONSTRAINT suppressions_pkey PRIMARY KEY (address);
ALTER TABLE ONLY public.sync_states
    ADD CONSTRAINT sync_states_pkey PRIMARY KEY (source, stream);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_enrolment_id_step_key UNIQUE (enrolment_id, step);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ticks
    ADD CONSTRAINT ticks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.write_backs
    ADD CONSTRAINT write_backs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.write_backs
    ADD CONSTRAINT write_backs_source_key_said_at_key UNIQUE (source, key, said_at);
CREATE INDEX answers_of_customer ON public.answers USING btree (customer_id, answered_at);
CREATE INDEX answers_without_customer ON public.answers USING btree (customer_source, customer_key) WHERE ((customer_id IS NULL) AND (customer_key IS NOT NULL));
CREATE INDEX bookings_of_customer ON public.bookings USING btree (customer_id, starts_at);
CREATE INDEX bookings_without_customer ON public.bookings USING btree (customer_source, customer_key) WHERE ((customer_id IS NULL) AND (customer_key IS NOT NULL));
CREATE INDEX carts_of_customer ON public.carts USING btree (customer_id);
CREATE INDEX carts_open ON public.carts USING btree (left_at) WHERE (converted_at IS NULL);
CREATE INDEX carts_without_customer ON public.carts USING btree (customer_source, customer_key) WHERE ((customer_id IS NULL) AND (customer_key IS NOT NULL));
CREATE INDEX contacts_by_key ON public.contacts USING btree (channel, key);
CREATE INDEX customers_by_birthday ON public.customers USING btree (substr((birthday)::text, (length((birthday)::text) - 4)));
CREATE INDEX customers_by_zone ON public.customers USING btree (timezone) WHERE (timezone IS NOT NULL);
CREATE INDEX enrolments_backlog ON public.enrolments USING btree (rule, enrolled_at) WHERE (backlog IS TRUE);
CREATE INDEX enrolments_due ON public.enrolments USING btree (next_at, rule) WHERE (next_at IS NOT NULL);
CREATE INDEX enrolments_running ON public.enrolments USING btree (rule, next_at) WHERE (next_at IS NOT NULL);
CREATE INDEX identities_unsettled ON public.identities USING btree (source) WHERE (customer_id IS NULL);
CREATE INDEX ix_answers_answered_at ON public.answers USING btree (answered_at);
CREATE INDEX ix_basis_statements_customer_id ON public.basis_statements USING btree (customer_id);
CREATE INDEX ix_bookings_starts_at ON public.bookings USING btree (starts_at);
CREATE INDEX ix_customers_phone_key ON public.customers USING btree (phone_key);
CREATE INDEX ix_dirty_customer_id ON public.dirty USING btree (customer_id);
CREATE INDEX ix_dirty_tick_id ON public.dirty USING btree (tick_id);
CREATE INDEX ix_enrolments_customer_id ON public.enrolments USING btree (customer_id);
CREATE INDEX ix_enrolments_tick_id ON public.enrolments USING btree (tick_id);
CREATE INDEX ix_identities_customer_id ON public.identities USING btree (customer_id);
CREATE INDEX ix_identities_email_key ON public.identities USING btree (email_key);
CREATE INDEX ix_identities_phone_key ON public.identities USING btree (phone_key);
CREATE INDEX ix_mail_events_message_id ON public.mail_events USING btree (message_id);
CREATE INDEX ix_merges_kept ON public.merges USING btree (kept);
CREATE INDEX ix_messages_enrolment_id ON public.messages USING btree (enrolment_id);
CREATE INDEX ix_messages_tick_id ON public.messages USING btree (tick_id);
CREATE INDEX ix_metrics_expected_back_at ON public.metrics USING btree (expected_back_at);
CREATE INDEX ix_metrics_last_visit_at ON public.metrics USING btree (last_visit_at);
CREATE INDEX ix_points_entries_at ON public.points_entries USING btree (at);
CREATE INDEX ix_points_lots_customer_id ON public.points_lots USING btree (customer_id);
CREATE INDEX ix_points_lots_expires_at ON public.points_lots USING btree (expires_at);
CREATE INDEX ix_refunds_order_key ON public.refunds USING btree (order_key);
CREATE INDEX ix_sign_ups_asked_at ON public.sign_ups USING btree (asked_at);
CREATE INDEX ix_tasks_customer_id ON public.tasks USING btree (customer_id);
CREATE INDEX ix_tasks_done_at ON public.tasks USING btree (done_at);
CREATE INDEX ix_write_backs_customer_id ON public.write_backs USING btree (customer_id);
CREATE INDEX ix_write_backs_done_at ON public.write_backs USING btree (done_at);
CREATE INDEX mail_events_of_address ON public.mail_events USING btree (address, happened_at);
CREATE INDEX messages_made ON public.messages USING btree (created_at);
CREATE INDEX messages_open ON public.messages USING btree (state, due_at);
CREATE INDEX messages_to_customer ON public.messages USING btree (customer_id, settled_at);
CREATE INDEX orders_of_customer ON public.orders USING btree (customer_id, placed_at);
CREATE INDEX orders_without_customer ON public.orders USING btree (customer_source, customer_key) WHERE ((customer_id IS NULL) AND (customer_key IS NOT NULL));
CREATE INDEX points_of_customer ON public.points_entries USING btree (customer_id, at, id);
CREATE INDEX points_without_customer ON public.points_entries USING btree (customer_source, customer_key) WHERE ((customer_id IS NULL) AND (customer_key IS NOT NULL));
CREATE INDEX sign_ups_of_address ON public.sign_ups USING btree (address_key, asked_at);
CREATE INDEX sign_ups_open ON public.sign_ups USING btree (state, asked_at);
CREATE INDEX statements_by_date ON public.basis_statements USING btree (said_at);
ALTER TABLE ONLY public.answers
    ADD CONSTRAINT answers_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);
ALTER TABLE ONLY public.basis
    ADD CONSTRAINT basis_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);
ALTER TABLE ONLY public.basis
    ADD CONSTRAINT basis_statement_id_fkey FOREIGN KEY (statement_id) REFERENCES public.basis_statements(id);
ALTER TABLE ONLY public.basis_statements
    ADD CONSTRAINT basis_statements_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);
ALTER TABLE ONLY public.bookings
    ADD CONSTRAINT bookings_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);
ALTER TABLE ONLY public.carts
    ADD CONSTRAINT carts_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);
ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_identity_id_fkey FOREIGN KEY (identity_id) REFERENCES public.identities(id);
ALTER TABLE ONLY public.dirty
    ADD CONSTRAINT dirty_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);
ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_answer_id_fkey FOREIGN KEY (answer_id) REFERENCES public.answers(id);
ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_cart_id_fkey FOREIGN KEY (cart_id) REFERENCES public.carts(id);
ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);
ALTER TABLE ONLY public.enrolments
    ADD CONSTRAINT enrolments_tick_id_fkey FOREIGN KEY (tick_id) REFERENCES public.ticks(id);
ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);
ALTER TABLE ONLY public.merges
    ADD CONSTRAINT merges_founder_fkey FOREIGN KEY (founder) REFERENCES public.identities(id);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_enrolment_id_fkey FOREIGN KEY (enrolment_id) REFERENCES public.enrolments(id);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_tick_id_fkey FOREIGN KEY (tick_id) REFERENCES public.ticks(id);
ALTER TABLE ONLY public.metrics
    ADD CONSTRAINT metrics_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);
ALTER TABLE ONLY public.points_balances
    ADD CONSTRAINT points_balances_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);
ALTER TABLE ONLY public.points_entries
    ADD CONSTRAINT points_entries_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);
ALTER TABLE ONLY public.points_lots
    ADD CONSTRAINT points_lots_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);
ALTER TABLE ONLY public.points_lots
    ADD CONSTRAINT points_lots_entry_id_fkey FOREIGN KEY (entry_id) REFERENCES public.points_entries(id);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_enrolment_id_fkey FOREIGN KEY (enrolment_id) REFERENCES public.enrolments(id);
ALTER TABLE ONLY public.write_backs
    ADD CONSTRAINT write_backs_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES public.customers(id);
